/** A fact as the domain sees it: a name in the past tense and what it says. Where and when it is stored is the log's concern. */
export interface Fact<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** Who asks. `onBehalfOf` is the user somebody else acts for. Users without an account belong to the vendor. */
export interface Actor {
  readonly userId: string;
  readonly role: Role;
  readonly accountId?: string;
  readonly onBehalfOf?: string;
}

export const roles = ['operator', 'accounting', 'auditor', 'service', 'partner', 'customerAdmin', 'customerUser'] as const;
/** `system` acts for the product itself (automations, the store's signed calls) and cannot sign in. */
export type Role = (typeof roles)[number] | 'system';

/** What every command brings besides its own fields. What a command creates carries the command's id, so a repetition creates nothing new. */
export interface Commanded {
  readonly context: { readonly commandId: string; readonly actor: Actor };
}

/** RFC 3339, UTC, milliseconds: texts of this form sort as the times do. */
export type Instant = string;
