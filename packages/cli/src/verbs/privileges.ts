import { VCENTER_VERSIONS, type VCenterVersion } from '@vcryptsim/vcenter/catalogue';
import { Command, Option } from 'commander';
import { print, printJson } from '../output.js';
import { matrixCsv } from '../privileges/matrix-csv.js';
import { matrixText } from '../privileges/matrix-text.js';
import { privilegeMatrix } from '../privileges/privilege-matrix.js';
import { terminalWidth } from '../terminal/terminal-width.js';

interface PrivilegesOptions {
  readonly vcenter?: VCenterVersion;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `vcryptsim privileges`: says which operation of vCenter looks for which privilege, and on which object. */
export function privilegesCommand(): Command {
  return new Command('privileges')
    .description('List the operations of vCenter with the privileges that each needs, and on which object.')
    .addOption(
      new Option('--vcenter <version>', 'only what this release has (default: all releases)').choices(VCENTER_VERSIONS),
    )
    .addOption(new Option('--json', 'print one JSON document').conflicts('csv'))
    .option('--csv', 'print comma-separated values, a line for each operation and privilege')
    .addHelpText(
      'after',
      ['', 'Examples:', '  vcryptsim privileges --vcenter 7.0U3', '  vcryptsim privileges --csv > privileges.csv'].join(
        '\n',
      ),
    )
    .action(privileges);
}

function privileges({ vcenter, json, csv }: PrivilegesOptions): void {
  const matrix = privilegeMatrix(vcenter);
  if (json === true) printJson({ vcenter: vcenter ?? 'all', ...matrix });
  else if (csv === true) print(matrixCsv(matrix));
  else print(matrixText(matrix, terminalWidth()));
}
