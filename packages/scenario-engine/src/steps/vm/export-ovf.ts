import { exportOvf } from '@vcryptsim/lab';
import { type ExportLease, exportVm } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/**
 * `vm.export-ovf`: exports a powered-off VM into the run's exports folder as ovftool does (ExportVm), reads the disks back
 * and compares them with what the guest wrote. An encrypted VM is refused.
 */
export const vmExportOvf = operationStep(exportVm, {
  example: 'vm.export-ovf: payroll',
  facts: async (answer, { vm }, world) => {
    const lease = answer as ExportLease;
    const name = String(vm);
    const { fileNames, compared } = await exportOvf(lease, name.replaceAll(/[^A-Za-z0-9_-]+/g, '_'), {
      files: world.files,
      folder: world.folder,
      host: world.hosts.running(lease.host),
      vm: await world.vms.find(name),
      onProgress: () => {},
    });
    return [
      `${name} was exported as ${fileNames.join(', ')}.`,
      ...compared.map((digest, at) =>
        digest === null
          ? `What the guest wrote on disk ${at + 1} before this lab was last started is not known, so it was not compared.`
          : `Read back, disk ${at + 1} is what the guest has: SHA-256 ${digest.diskSha256}.`,
      ),
    ];
  },
});
