import type { MoRef } from '@vcryptsim/ports';
import type { z } from 'zod';
import type { Privilege } from '../access/privileges.js';
import type {
  ComputeResourceRecord,
  DatacenterRecord,
  FolderRecord,
  HostRecord,
  UserName,
  VmRecord,
} from '../database/schema.js';
import type { TaskControl } from '../records/tasks.js';
import type { VCenterVersion } from '../terms/versions.js';
import type { OperationContext } from './operation-context.js';

/** The objects on which operations are called: entities of the inventory by their record, and services, of which there is one. */
export interface ObjectOf {
  readonly Folder: FolderRecord;
  readonly Datacenter: DatacenterRecord;
  readonly ClusterComputeResource: ComputeResourceRecord;
  readonly HostSystem: HostRecord;
  readonly VirtualMachine: VmRecord;
  readonly CryptoManagerKmip: null;
  readonly AuthorizationManager: null;
  readonly PrincipalManagementService: null;
  readonly PbmProfileProfileManager: null;
  readonly PbmComplianceManager: null;
  readonly TaskManager: null;
}

export type ObjectType = keyof ObjectOf;

/** Services are no entities: permissions for them are looked for on the root folder. */
export type EntityType = 'Folder' | 'Datacenter' | 'ClusterComputeResource' | 'HostSystem' | 'VirtualMachine';

/** Who calls: a user, by the web client or by the API, which differ in a few places (rows S06, S24, S49). */
export interface Caller {
  readonly user: UserName;
  readonly via: 'client' | 'api';
  /**
   * ID that the caller gives the operation, as the vSphere API's SOAP header `operationID` does. What happens in it is
   * told under this ID: events to the observer, connections to key servers.
   */
  readonly operationId?: string;
}

/** One call that passed the door. */
export interface Call<Type extends ObjectType, Args> extends Caller {
  readonly object: ObjectOf[Type];
  readonly args: Args;
  /** Says whether the caller has a privilege on an object: for what happens without it and is no refusal. */
  readonly may: (privilege: Privilege, on: MoRef) => boolean;
}

/** A privilege that a call needs, and where. */
export interface PrivilegeNeed<Type extends ObjectType = ObjectType, Args = never> {
  readonly privilege: Privilege;
  /** The object, in words: `the VM folder`. */
  readonly on: string;
  /** The case in which it is needed, in words; always when left out. */
  readonly when?: string;
  /** Releases in which it is needed; all when left out. */
  readonly since?: VCenterVersion;
  readonly before?: VCenterVersion;
  /** The objects on which this very call needs it; none when the case is not given. It may have to ask a host. */
  readonly objects: (
    context: OperationContext,
    call: Pick<Caller, 'user' | 'via'> & { readonly object: ObjectOf[Type]; readonly args: Args },
  ) => readonly MoRef[] | Promise<readonly MoRef[]>;
  /** A fault that names object and privilege, or what happens instead, in words. */
  readonly ifMissing: 'NoPermission' | { readonly effect: string };
}

/** What every operation says of itself. */
interface OperationFacts<Type extends ObjectType, Args> {
  /** Method as the vSphere API spells it. */
  readonly name: string;
  readonly on: Type;
  /** Verb of scenarios and `lab do`; left out where there is none yet. */
  readonly verb?: string;
  /** One sentence. */
  readonly about: string;
  /** Where name, privileges and refusals are from. */
  readonly source: string;
  readonly args: z.ZodType<Args>;
  /** In the order in which they are looked at. */
  readonly needs: readonly PrivilegeNeed<Type, Args>[];
  /** The first release that has it; default: all. */
  readonly since?: VCenterVersion;
  /** Whether it may be called on a VM whose VM-home key is missing; on VMs only. */
  readonly whileLocked?: 'allowed' | 'refused';
}

/** An operation that is handed out as a task. */
export interface TaskOperation<Type extends ObjectType = ObjectType, Args = never> extends OperationFacts<Type, Args> {
  readonly kind: 'task';
  /** Answers what it made (a reference), or null. */
  readonly run: (context: OperationContext, call: Call<Type, Args> & TaskControl) => Promise<string | null>;
}

/** An operation that answers at once. */
export interface PlainOperation<Type extends ObjectType = ObjectType, Args = never, Answer = unknown>
  extends OperationFacts<Type, Args> {
  readonly kind: 'answer';
  readonly run: (context: OperationContext, call: Call<Type, Args>) => Promise<Answer>;
}

/** Any operation, for lists: what it says of itself. */
export type AnyOperation = TaskOperation<ObjectType, never> | PlainOperation<ObjectType, never, unknown>;

/** Declares an operation that is handed out as a task. */
export function taskOperation<Type extends ObjectType, Args>(
  o: Omit<TaskOperation<Type, Args>, 'kind'>,
): TaskOperation<Type, Args> {
  return { kind: 'task', ...o };
}

/** Declares an operation that answers at once. */
export function plainOperation<Type extends ObjectType, Args, Answer>(
  o: Omit<PlainOperation<Type, Args, Answer>, 'kind'>,
): PlainOperation<Type, Args, Answer> {
  return { kind: 'answer', ...o };
}
