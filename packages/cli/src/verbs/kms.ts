import { Command } from 'commander';
import { auditTailCommand, auditVerifyCommand } from './kms/audit.js';
import { backupCommand } from './kms/backup.js';
import { clientAddCommand } from './kms/client-add.js';
import { clientListCommand } from './kms/client-list.js';
import { clientPasswordCommand } from './kms/client-password.js';
import { clientRevokeCommand } from './kms/client-revoke.js';
import { clientSignCommand } from './kms/client-sign.js';
import { followerAddCommand } from './kms/follower-add.js';
import { followerRevokeCommand } from './kms/follower-revoke.js';
import {
  keyActivateCommand,
  keyArchiveCommand,
  keyDestroyCommand,
  keyRecoverCommand,
  keyRevokeCommand,
} from './kms/key-change.js';
import { keyListCommand } from './kms/key-list.js';
import { keyShowCommand } from './kms/key-show.js';
import { restoreCommand } from './kms/restore.js';
import { serveCommand } from './kms/serve.js';
import { statusCommand } from './kms/status.js';

/** `vcryptsim kms`: a key server of its own, and who may use it. */
export function kmsCommand(): Command {
  const client = new Command('client')
    .description('Who may connect to a key server.')
    .addCommand(clientAddCommand())
    .addCommand(clientSignCommand())
    .addCommand(clientListCommand())
    .addCommand(clientPasswordCommand())
    .addCommand(clientRevokeCommand());
  const follower = new Command('follower')
    .description("Which nodes may copy a leader's store.")
    .addCommand(followerAddCommand())
    .addCommand(followerRevokeCommand());
  const audit = new Command('audit')
    .description('Read and check the log of what a key server did.')
    .addCommand(auditVerifyCommand())
    .addCommand(auditTailCommand());
  const key = new Command('key')
    .description('What a key server keeps, for its administrator. Never the bytes of a key.')
    .addCommand(keyListCommand())
    .addCommand(keyShowCommand())
    .addCommand(keyActivateCommand())
    .addCommand(keyRevokeCommand())
    .addCommand(keyDestroyCommand())
    .addCommand(keyArchiveCommand())
    .addCommand(keyRecoverCommand());
  return new Command('kms')
    .description('Run a KMIP key server for labs and tests, and manage its clients.')
    .addCommand(serveCommand())
    .addCommand(statusCommand())
    .addCommand(client)
    .addCommand(key)
    .addCommand(follower)
    .addCommand(audit)
    .addCommand(backupCommand())
    .addCommand(restoreCommand());
}
