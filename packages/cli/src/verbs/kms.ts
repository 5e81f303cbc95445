import { Command } from 'commander';
import { auditTailCommand, auditVerifyCommand } from './kms/audit.js';
import { clientAddCommand } from './kms/client-add.js';
import { clientListCommand } from './kms/client-list.js';
import { clientRevokeCommand } from './kms/client-revoke.js';
import { clientSignCommand } from './kms/client-sign.js';
import { followerAddCommand } from './kms/follower-add.js';
import { serveCommand } from './kms/serve.js';

/** `vcryptsim kms`: a key server of its own, and who may use it. */
export function kmsCommand(): Command {
  const client = new Command('client')
    .description('Who may connect to a key server.')
    .addCommand(clientAddCommand())
    .addCommand(clientSignCommand())
    .addCommand(clientListCommand())
    .addCommand(clientRevokeCommand());
  const follower = new Command('follower')
    .description("Which nodes may copy a leader's store.")
    .addCommand(followerAddCommand());
  const audit = new Command('audit')
    .description('What a key server answered.')
    .addCommand(auditVerifyCommand())
    .addCommand(auditTailCommand());
  return new Command('kms')
    .description('Run a KMIP key server for labs and tests, and say who may use it.')
    .addCommand(serveCommand())
    .addCommand(client)
    .addCommand(follower)
    .addCommand(audit);
}
