/** Something a person has to know and can act on: printed as it stands, without a trace. The command ends with exit code 1. */
export class Failure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
  }
}
