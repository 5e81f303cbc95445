import type { Check } from '../check.js';
import { activateKey } from '../checks/activate-key.js';
import { answerHeader } from '../checks/answer-header.js';
import { bootStorm } from '../checks/boot-storm.js';
import { certificateDays } from '../checks/certificate-days.js';
import { clientCertificateUsage } from '../checks/client-certificate-usage.js';
import { createKey } from '../checks/create-key.js';
import { deactivatedKey } from '../checks/deactivated-key.js';
import { destroyedKey } from '../checks/destroyed-key.js';
import { discoverVersions } from '../checks/discover-versions.js';
import { distinctKeys } from '../checks/distinct-keys.js';
import { emptyConnections } from '../checks/empty-connections.js';
import { getKey } from '../checks/get-key.js';
import { healthPoll } from '../checks/health-poll.js';
import { missingKey } from '../checks/missing-key.js';
import { otherNodes } from '../checks/other-nodes.js';
import { password, wrongPassword } from '../checks/passwords.js';
import { queryServerInformation } from '../checks/query-server-information.js';
import { renewedCertificate } from '../checks/renewed-certificate.js';
import { reuseKey } from '../checks/reuse-key.js';
import { serverRestart } from '../checks/server-restart.js';
import { stateReadable } from '../checks/state-readable.js';
import { noClientCertificate, strangeClientCertificate } from '../checks/strangers.js';
import { tagKey } from '../checks/tag-key.js';
import { tlsVersion } from '../checks/tls-version.js';
import { trust } from '../checks/trust.js';

/** All checks, in the order in which a vSphere administrator would meet them. */
export const KMIP_CHECKS: readonly Check[] = [
  trust,
  certificateDays,
  discoverVersions,
  clientCertificateUsage,
  emptyConnections,
  tlsVersion,
  password,
  queryServerInformation,
  createKey,
  tagKey,
  getKey,
  distinctKeys,
  noClientCertificate,
  strangeClientCertificate,
  stateReadable,
  activateKey,
  reuseKey,
  otherNodes,
  bootStorm,
  healthPoll,
  missingKey,
  deactivatedKey,
  destroyedKey,
  wrongPassword,
  answerHeader,
  renewedCertificate,
  serverRestart,
];
