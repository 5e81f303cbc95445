import { assert, type MoRef, moTypeOf } from '@vcryptsim/ports';
import type { z } from 'zod';
import type { Privilege } from '../access/privileges.js';
import { ROOT_FOLDER } from '../inventory/root-folder.js';
import { entityOf } from '../records/entity.js';
import type { TaskHandle } from '../records/tasks.js';
import { VCenterError } from '../terms/errors.js';
import { atLeast, type VCenterVersion } from '../terms/versions.js';
import { noPermission, vmLocked } from './needs.js';
import type {
  Call,
  Caller,
  EntityType,
  ObjectOf,
  ObjectType,
  PlainOperation,
  PrivilegeNeed,
  TaskOperation,
} from './operation.js';
import type { OperationContext } from './operation-context.js';

type Operation<Type extends ObjectType, Args> = TaskOperation<Type, Args> | PlainOperation<Type, Args, unknown>;

/**
 * The one door to every operation. In this order: the session's user, the object, the arguments, the permission on each
 * object that the call needs a privilege on, the release, the lock state; then the work. What is refused here made no
 * task and changed nothing.
 */
export class Door {
  readonly #context: OperationContext;

  constructor(context: OperationContext) {
    this.#context = context;
  }

  /**
   * Hands out a task.
   *
   * @param object the entity on which it is called; null for a service
   * @throws VCenterError INVALID_LOGIN, OBJECT_NOT_FOUND, INVALID_ARGUMENT, NO_PERMISSION, METHOD_NOT_FOUND, VM_LOCKED
   */
  async begin<Type extends ObjectType, Args>(
    caller: Caller,
    operation: TaskOperation<Type, Args>,
    object: MoRef | null,
    args: Args,
  ): Promise<TaskHandle> {
    const call = await this.#admit(caller, operation, object, args);
    const id = object ?? ROOT_FOLDER;
    const { operationId } = caller;
    const context = this.#contextOf(caller);
    return context.tasks.begin({
      name: operation.name,
      entity: this.#entityOf(id),
      user: caller.user,
      operationId,
      turn: operation.on === 'VirtualMachine' ? id : null,
      work: async (control) => operation.run(context, { ...call, ...control, object: this.#object(operation.on, id) }),
    });
  }

  /** Does an operation that answers at once. @throws as {@link begin}, and what the operation refuses with */
  async call<Type extends ObjectType, Args, Answer>(
    caller: Caller,
    operation: PlainOperation<Type, Args, Answer>,
    object: MoRef | null,
    args: Args,
  ): Promise<Answer> {
    return operation.run(this.#contextOf(caller), await this.#admit(caller, operation, object, args));
  }

  #contextOf({ operationId }: Caller): OperationContext {
    return operationId === undefined ? this.#context : this.#context.inNameOf(operationId);
  }

  async #admit<Type extends ObjectType, Args>(
    caller: Caller,
    operation: Operation<Type, Args>,
    id: MoRef | null,
    given: Args,
  ): Promise<Call<Type, Args>> {
    const { authorization, version } = this.#context;
    authorization.refuseUnknown(caller.user);
    const object = this.#object(operation.on, id);
    const args = parse(operation.args, given);
    const may = (privilege: Privilege, on: MoRef) => authorization.has(caller.user, privilege, on);
    for (const need of operation.needs) await this.#refuseWithout(need, { ...caller, object, args, may });
    if (operation.since !== undefined && !atLeast(version, operation.since)) {
      throw methodNotFound(operation.name, operation.since, version);
    }
    refuseLocked(operation.name, operation.whileLocked, object);
    return { ...caller, object, args, may };
  }

  async #refuseWithout<Type extends ObjectType, Args>(
    need: PrivilegeNeed<Type, Args>,
    call: Call<Type, Args>,
  ): Promise<void> {
    const { user, may } = call;
    if (need.ifMissing !== 'NoPermission' || !isNeededIn(need, this.#context.version)) return;
    const on = (await need.objects(this.#contextOf(call), call)).find((each) => !may(need.privilege, each));
    if (on === undefined) return;
    throw noPermission(this.#context, user, need.privilege, on);
  }

  /** The object as it is now. */
  #object<Type extends ObjectType>(type: Type, id: MoRef | null): ObjectOf[Type] {
    const { inventory } = this.#context;
    if (!isEntity(type)) return null as ObjectOf[Type];
    assert(id, `a call on a ${type} names its object`);
    const find: { readonly [Each in EntityType]: () => ObjectOf[Each] } = {
      Folder: () => inventory.folder(id),
      Datacenter: () => inventory.datacenter(id),
      ClusterComputeResource: () => inventory.cluster(id),
      HostSystem: () => inventory.host(id),
      VirtualMachine: () => inventory.vm(id),
    };
    return find[type]() as ObjectOf[Type];
  }

  #entityOf(id: MoRef) {
    const type = moTypeOf(id);
    assert(type && type !== 'Task', 'a task is about an entity');
    return entityOf(type, { id, name: this.#context.inventory.nameOf(id) });
  }
}

/** Says whether a release looks for a privilege. */
export function isNeededIn(
  { since, before }: Pick<PrivilegeNeed, 'since' | 'before'>,
  version: VCenterVersion,
): boolean {
  return (since === undefined || atLeast(version, since)) && (before === undefined || !atLeast(version, before));
}

function isEntity(type: ObjectType): type is EntityType {
  return ['Folder', 'Datacenter', 'ClusterComputeResource', 'HostSystem', 'VirtualMachine'].includes(type);
}

function parse<Args>(schema: z.ZodType<Args>, given: Args): Args {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = issue?.path.map(String).join('.') || 'the arguments';
  throw new VCenterError({ code: 'INVALID_ARGUMENT', what }, `${what}: ${issue?.message ?? 'this is not valid'}.`);
}

/** MethodNotFound */
function methodNotFound(method: string, since: VCenterVersion, version: VCenterVersion): VCenterError {
  return new VCenterError(
    { code: 'METHOD_NOT_FOUND', method, since },
    `vCenter ${version} has no ${method}; it came with ${since}.`,
  );
}

function refuseLocked(
  name: string,
  whileLocked: 'allowed' | 'refused' | undefined,
  object: ObjectOf[ObjectType],
): void {
  if (whileLocked !== 'refused' || !object || !('disks' in object) || object.cryptoState !== 'locked') return;
  throw vmLocked(object, name);
}
