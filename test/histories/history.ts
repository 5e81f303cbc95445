// One random history of virtual machines on one host, and what must hold after each of its steps.
import { sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { Chance } from './chance.js';
import { DATASTORE, KEKS, Machine } from './machine.js';
import { MEMORY_BYTES, ModelDisk, type ModelVm, SECTOR_BYTES } from './model.js';
import { OPERATIONS, type Operation, type Scene } from './operations.js';
import { qemuView } from './qemu-view.js';

const FIRST = '4f1d1d0e-6c0f-4d2a-9d6e-000000000001' as VmUuid;
/** All VMs are looked at after so many steps; the one of a step after each. */
const LOOK_AT_ALL = 20;

/** Which history, and how long. */
export interface HistorySpec {
  readonly seed: number;
  readonly steps: number;
  /** Its twin without encryption. */
  readonly isPlain: boolean;
  /** So many of its steps are followed by a look of qemu-img; of a plain one only. */
  readonly qemuLooks: number;
}

/** What became of it. */
export interface HistoryReport {
  readonly seed: number;
  readonly isPlain: boolean;
  readonly steps: number;
  /** How often each operation was done. */
  readonly done: Readonly<Record<string, number>>;
  /** Views of a guest or of a plain copy that were compared with the model, and views of qemu-img. */
  readonly compared: number;
  readonly qemuCompared: number;
  /** Why it ended early, with the steps before; null for a good one. */
  readonly failure: string | null;
}

/** Runs a history to its end, or to the first thing that is not as it must be. */
export async function runHistory(spec: HistorySpec): Promise<HistoryReport> {
  const history = new History(spec, await Machine.start(spec.seed));
  const failure = await history.run().then(
    () => null,
    (error: Error) => `${error.name}: ${error.message}`,
  );
  return history.report(failure);
}

class History {
  readonly #spec: HistorySpec;
  readonly #machine: Machine;
  readonly #chance: Chance;
  readonly #mark: string;
  readonly #vms: ModelVm[] = [];
  readonly #done: Record<string, number> = Object.fromEntries(OPERATIONS.map(({ name }) => [name, 0]));
  readonly #trail: string[] = [];
  #compared = 0;
  #qemuCompared = 0;

  constructor(spec: HistorySpec, machine: Machine) {
    this.#spec = spec;
    this.#machine = machine;
    this.#chance = new Chance(spec.seed);
    this.#mark = `what guest ${spec.seed} wrote:`;
  }

  report(failure: string | null): HistoryReport {
    const { seed, isPlain } = this.#spec;
    const why = failure === null ? null : `${failure} (last steps: ${this.#trail.slice(-12).join(', ')})`;
    return {
      ...{ seed, isPlain, steps: this.#trail.length, done: this.#done },
      ...{ compared: this.#compared, qemuCompared: this.#qemuCompared, failure: why },
    };
  }

  async run(): Promise<void> {
    await this.#begin();
    const qemuAt = new Set(Array.from({ length: this.#spec.qemuLooks }, () => this.#chance.below(this.#spec.steps)));
    for (let step = 0; step < this.#spec.steps; step++) {
      const vm = await this.#step();
      await this.#look(vm);
      if (step % LOOK_AT_ALL === 0) for (const other of this.#vms) await this.#look(other);
      if (this.#spec.isPlain && qemuAt.has(step)) await this.#lookThroughQemu(vm);
    }
    for (const vm of this.#vms) await this.#look(vm);
    await this.#searchFiles();
  }

  /** A VM with a disk of each kind, by the seed. */
  async #begin(): Promise<void> {
    const kinds = ['eagerZeroedThick', 'lazyZeroedThick', 'thin'] as const;
    const disks = ([512, 4096] as const).map((dataUnitSizeBytes) => {
      const capacity = sectorCount(8 * (4 + this.#chance.below(20)));
      return { capacity, dataUnitSizeBytes, provisioning: this.#chance.pick(kinds) };
    });
    const [{ id }] = KEKS;
    const crypto = { type: 'Encrypt', cryptoKeyId: id } as const;
    const name = 'first' as VmName;
    const spec = { name, uuid: FIRST, disks, memoryMiB: 4, ...(this.#spec.isPlain ? {} : { crypto }) };
    const made = await this.#machine.host.createVm(spec);
    const models = made.disks.map(({ deviceKey, capacity }): [number, ModelDisk] => {
      return [deviceKey, new ModelDisk(new Uint8Array(capacity * SECTOR_BYTES))];
    });
    this.#vms.push({
      ...{ uuid: FIRST, name: 'first', power: 'off', disks: new Map(models), snapshots: [], currentId: null },
      memory: new Uint8Array(MEMORY_BYTES),
      ...{ keyId: this.#spec.isPlain ? null : id, isLinked: false },
    });
  }

  /** Does one thing with one VM, and answers it. */
  async #step(): Promise<ModelVm> {
    const vm = this.#chance.pick(this.#vms);
    if (vm === undefined) throw new Error('a history has a VM');
    const scene: Scene = { chance: this.#chance, machine: this.#machine, vm, vms: this.#vms, mark: this.#mark };
    const operation = this.#draw(scene);
    this.#trail.push(`${operation.name} ${vm.name}`);
    await operation.perform(scene);
    this.#done[operation.name] = (this.#done[operation.name] ?? 0) + 1;
    return vm;
  }

  #draw(scene: Scene): Operation {
    const possible = OPERATIONS.filter((operation) => operation.isPossible(scene));
    const sum = possible.reduce((total, { weight }) => total + weight, 0);
    let at = this.#chance.below(sum);
    for (const operation of possible) {
      at -= operation.weight;
      if (at < 0) return operation;
    }
    throw new Error('nothing is possible');
  }

  /** What is read of every disk of a VM is what the model has; so are its power state and its snapshots. */
  async #look(vm: ModelVm): Promise<void> {
    const { host } = this.#machine;
    const { powerState } = await host.vm(vm.uuid);
    const wanted = { on: 'poweredOn', off: 'poweredOff', suspended: 'suspended' }[vm.power];
    if (powerState !== wanted) throw new Error(`${vm.name} is ${powerState}, not ${wanted}`);
    const { currentId, snapshots, consolidationNeeded } = await host.snapshots(vm.uuid);
    const seen = JSON.stringify([currentId, snapshots.map(({ id, parentId }) => [id, parentId])]);
    const model = JSON.stringify([vm.currentId, vm.snapshots.map(({ id, parentId }) => [id, parentId])]);
    if (seen !== model) throw new Error(`${vm.name} has snapshots ${seen}, not ${model}`);
    if (consolidationNeeded && !this.#vms.some(({ isLinked }) => isLinked))
      throw new Error(`${vm.name} needs consolidation`);
    if (vm.power === 'suspended') return;
    if (vm.power === 'on' && Buffer.compare(await this.#machine.memoryOf(vm.uuid), vm.memory) !== 0) {
      throw new Error(`${vm.name} has other memory than it must have`);
    }
    for (const [deviceKey, disk] of vm.disks) {
      const bytes =
        vm.power === 'on'
          ? await this.#machine.seenByGuest(vm.uuid, deviceKey)
          : await this.#machine.exported(vm.uuid, deviceKey);
      const sector = disk.differsAt(bytes);
      if (sector !== null) throw new Error(`${vm.name}, disk ${deviceKey}: sector ${sector} is not what it must be`);
      this.#compared += 1;
    }
  }

  async #lookThroughQemu(vm: ModelVm): Promise<void> {
    if (vm.isLinked) return;
    if (vm.power === 'on') {
      for (const deviceKey of vm.disks.keys()) await (await this.#machine.device(vm.uuid, deviceKey)).flush();
    }
    const { disks } = await this.#machine.host.vm(vm.uuid);
    const names = disks.map(({ fileName }) => fileName.replace(/^.*\//, ''));
    const views = await qemuView(this.#machine.files, `${DATASTORE}/${vm.name}`, names);
    for (const [index, { deviceKey }] of disks.entries()) {
      const sector = vm.disks.get(deviceKey)?.differsAt(views[index] ?? new Uint8Array(0));
      if (sector !== null) throw new Error(`${vm.name}, disk ${deviceKey}: qemu-img reads sector ${sector} otherwise`);
      this.#qemuCompared += 1;
    }
  }

  /** No key is in any file, nor, of encrypted VMs, anything that a guest wrote; and the search finds what is planted. */
  async #searchFiles(): Promise<void> {
    const mark = new TextEncoder().encode(this.#mark);
    const planted = await this.#machine.withPlanted(mark, () => this.#machine.searchFiles([mark]));
    if (!planted.some((found) => found.includes('/planted')))
      throw new Error('the search does not find what is planted');
    const found = await this.#machine.searchFiles(this.#spec.isPlain ? [] : [mark]);
    if (found.length > 0) throw new Error(`in the files: ${found.slice(0, 3).join('; ')}`);
  }
}
