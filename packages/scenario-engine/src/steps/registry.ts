import { act } from './act.js';
import { faultClear } from './fault-clear.js';
import { faultKms } from './fault-kms.js';
import { hostCrash } from './host-crash.js';
import { hostReboot } from './host-reboot.js';
import { kmsStart } from './kms-start.js';
import { kmsStop } from './kms-stop.js';
import { say } from './say.js';
import { scan } from './scan.js';
import { sitePowerCut } from './site-power-cut.js';
import type { StepKind } from './step-kind.js';
import { until } from './until.js';
import { vmCreate } from './vm-create.js';
import { vmDigest } from './vm-digest.js';
import { vmExport } from './vm-export.js';
import { vmPowerOff } from './vm-power-off.js';
import { vmPowerOn } from './vm-power-on.js';
import { vmRead } from './vm-read.js';
import { vmUnlock } from './vm-unlock.js';
import { vmWrite } from './vm-write.js';
import { wait } from './wait.js';

/** Every verb of the scenario language, in the order in which the help lists them. */
export const STEPS: readonly StepKind[] = [
  act,
  say,
  vmCreate,
  vmPowerOn,
  vmPowerOff,
  vmUnlock,
  vmWrite,
  vmRead,
  vmDigest,
  vmExport,
  hostReboot,
  hostCrash,
  sitePowerCut,
  kmsStop,
  kmsStart,
  faultKms,
  faultClear,
  wait,
  until,
  scan,
];
