import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered } from '../answered.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { KeysAnswer, LicenseFileAnswer, LicenseFileIssuedAnswer, LicenseFileListAnswer } from './deliveries.answers.js';
import { IssueLicenseFile, ListLicenseFiles, ReadLicenseFile } from './deliveries.commands.js';
import { LicenseFiles } from './license-files.js';

@Section('Deliveries')
@Controller('v1')
export class LicenseFilesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly files: LicenseFiles,
  ) {}

  @Writes('POST', 'pools/:accountId/license-files', {
    may: 'useLicenses',
    summary: 'Put licenses into a signed file',
    description:
      'For products with the delivery `file`. The licenses are in use from now on and stay so until they end; what ends first is taken first. ' +
      'Save `file` as it is: `ledger verify-license` checks it, and any JWT library with the keys of `GET /v1/keys`.',
    status: 201,
    answer: LicenseFileIssuedAnswer,
  })
  async issue(@Input() command: IssueLicenseFile) {
    const receipt = await this.commands.execute(command);
    return answered(receipt, () => this.files.issued(receipt));
  }

  @Reads('pools/:accountId/license-files', {
    may: 'readPool',
    summary: 'The license files of an account, newest first',
    description: 'Each with its file: one that was lost is given again. After a renewal it is a new text with the new end.',
    models: ['license-file-list'],
    answer: LicenseFileListAnswer,
  })
  list(@Input() question: ListLicenseFiles) {
    return this.files.list(question);
  }

  @Reads('pools/:accountId/license-files/:fileId', {
    may: 'readPool',
    summary: 'One license file, given again',
    models: ['license-file-list'],
    answer: LicenseFileAnswer,
  })
  read(@Input() { accountId, fileId }: ReadLicenseFile) {
    return this.files.find(accountId, fileId);
  }

  @Reads('keys', {
    may: 'anyone',
    summary: 'The public keys of license files',
    description: 'A JWKS (RFC 7517). Keys that were replaced stay in it, so that what they signed can be checked.',
    answer: KeysAnswer,
  })
  async keys() {
    return (await this.files.ownKeys())?.published ?? { keys: [] };
  }
}
