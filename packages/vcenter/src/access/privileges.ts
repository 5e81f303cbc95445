import { sinceOf } from '../terms/capabilities.js';
import type { VCenterVersion } from '../terms/versions.js';

/** What is known of one privilege. */
interface PrivilegeFacts {
  /** The object on which a permission with it is looked for, as the product's manuals name it. */
  readonly setOn: string;
  /** What it allows, in a few words. */
  readonly allows: string;
  /** The first vCenter that has it. */
  readonly since: VCenterVersion;
}

/**
 * Privileges under the IDs of the vSphere API: all 14 of group Cryptographer (facts/vsphere-encryption.md section 3; the
 * set is the same from 6.5 to 8.0), and of the others those that the operations here need.
 */
export const PRIVILEGES = {
  'System.Anonymous': { setOn: 'any', allows: 'what needs no login', since: '6.5' },
  'System.View': { setOn: 'any', allows: 'see that an object exists', since: '6.5' },
  'System.Read': { setOn: 'any', allows: 'read an object', since: '6.5' },
  'VirtualMachine.Inventory.Create': { setOn: 'VM folder', allows: 'make a VM', since: '6.5' },
  'VirtualMachine.Inventory.CreateFromExisting': {
    setOn: 'VM folder',
    allows: 'put a copy of a VM there',
    since: '6.5',
  },
  'VirtualMachine.Provisioning.Clone': { setOn: 'VM', allows: 'clone a VM', since: '6.5' },
  'VirtualMachine.Provisioning.MarkAsTemplate': { setOn: 'VM', allows: 'make a VM a template', since: '6.5' },
  'VirtualMachine.Provisioning.MarkAsVM': { setOn: 'VM', allows: 'make a template a VM', since: '6.5' },
  'VirtualMachine.Inventory.Register': { setOn: 'VM folder', allows: 'register a VM', since: '6.5' },
  'VirtualMachine.Inventory.Unregister': { setOn: 'VM', allows: 'take a VM out of the inventory', since: '6.5' },
  'VirtualMachine.Interact.PowerOff': { setOn: 'VM', allows: 'power a VM off', since: '6.5' },
  'VirtualMachine.Interact.PowerOn': { setOn: 'VM', allows: 'power a VM on', since: '6.5' },
  'VirtualMachine.Interact.Suspend': { setOn: 'VM', allows: 'suspend a VM', since: '6.5' },
  'VirtualMachine.State.CreateSnapshot': { setOn: 'VM', allows: 'take a snapshot', since: '6.5' },
  'VirtualMachine.State.RevertToSnapshot': { setOn: 'VM', allows: 'go back to a snapshot', since: '6.5' },
  'VirtualMachine.State.RemoveSnapshot': { setOn: 'VM', allows: 'remove snapshots, consolidate', since: '6.5' },
  'VirtualMachine.Config.AddNewDisk': { setOn: 'VM or VM folder', allows: 'make a disk for a VM', since: '6.5' },
  'VirtualMachine.Config.AddExistingDisk': { setOn: 'VM', allows: 'attach a disk to a VM', since: '6.5' },
  'VirtualMachine.Config.RemoveDisk': { setOn: 'VM', allows: 'detach or remove a disk of a VM', since: '6.5' },
  'VirtualMachine.Config.DiskExtend': { setOn: 'VM', allows: 'make a disk of a VM larger', since: '6.5' },
  'VirtualMachine.Config.Settings': { setOn: 'VM', allows: 'change a VM, its storage policy included', since: '6.5' },
  'VirtualMachine.Config.EditDevice': { setOn: 'VM', allows: 'change a disk of a VM', since: '6.5' },
  'VApp.Export': { setOn: 'VM', allows: 'export a VM as an OVF', since: '6.5' },
  'Datastore.AllocateSpace': { setOn: 'datastore', allows: 'use space of a datastore', since: '6.5' },
  'Datacenter.Create': { setOn: 'folder', allows: 'make a datacenter', since: '6.5' },
  'Folder.Create': { setOn: 'folder', allows: 'make a folder', since: '6.5' },
  'Host.Config.Connection': { setOn: 'host', allows: 'disconnect and reconnect a host', since: '6.5' },
  'Host.Inventory.AddHostToCluster': { setOn: 'cluster', allows: 'add a host to a cluster', since: '6.5' },
  'Host.Inventory.AddStandaloneHost': { setOn: 'host folder', allows: 'add a standalone host', since: '6.5' },
  'Host.Inventory.CreateCluster': { setOn: 'host folder', allows: 'make a cluster', since: '6.5' },
  'Host.Local.ManageUserGroups': { setOn: 'host', allows: 'local users of a host', since: '6.5' },
  'StorageProfile.Update': { setOn: 'root folder', allows: 'make, change and remove storage policies', since: '6.5' },
  'StorageProfile.View': { setOn: 'root folder', allows: 'read storage policies', since: '6.5' },
  'Authorization.ModifyPermissions': { setOn: 'any', allows: 'give and take permissions and users', since: '6.5' },
  'Authorization.ModifyRoles': { setOn: 'root folder', allows: 'make, change and remove roles', since: '6.5' },
  'Global.CancelTask': { setOn: 'object of the task', allows: "cancel another user's task", since: '6.5' },
  'Global.Diagnostics': { setOn: 'root folder', allows: 'support bundles', since: '6.5' },
  'Cryptographer.Access': {
    setOn: 'VM, host or datastore',
    allows: 'Direct Access: export, backup, console',
    since: '6.5',
  },
  'Cryptographer.AddDisk': { setOn: 'VM', allows: 'add a disk to an encrypted VM', since: '6.5' },
  'Cryptographer.Clone': { setOn: 'VM', allows: 'clone an encrypted VM', since: '6.5' },
  'Cryptographer.Decrypt': { setOn: 'VM', allows: 'decrypt a VM or disk', since: '6.5' },
  'Cryptographer.Encrypt': { setOn: 'VM', allows: 'encrypt an existing VM or disk', since: '6.5' },
  'Cryptographer.EncryptNew': { setOn: 'VM folder', allows: 'encrypt a VM when it is created', since: '6.5' },
  'Cryptographer.ManageEncryptionPolicy': {
    setOn: 'root folder',
    allows: 'storage policies with an encrypting IO filter',
    since: '6.5',
  },
  'Cryptographer.ManageKeyServers': { setOn: 'root folder', allows: 'add and remove key servers, trust', since: '6.5' },
  'Cryptographer.ManageKeys': { setOn: 'root folder', allows: 'key operations', since: '6.5' },
  'Cryptographer.Migrate': { setOn: 'VM', allows: 'migrate an encrypted VM', since: '6.5' },
  // The first method documented with it is of 7.0U2 (facts/vsphere-rules.md section 11).
  'Cryptographer.ReadKeyServersInfo': {
    setOn: 'root folder',
    allows: 'list key providers',
    since: sinceOf('readKeyServersInfo'),
  },
  'Cryptographer.Recrypt': { setOn: 'VM', allows: 'shallow and deep recrypt', since: '6.5' },
  'Cryptographer.RegisterHost': { setOn: 'host', allows: 'bring a host into encryption mode', since: '6.5' },
  'Cryptographer.RegisterVM': { setOn: 'VM or VM folder', allows: 'register or unlock an encrypted VM', since: '6.5' },
} as const satisfies Readonly<Record<string, PrivilegeFacts>>;

/** ID of a privilege, as the vSphere API spells it. */
export type Privilege = keyof typeof PRIVILEGES;

/** Every privilege, in the order in which of several missing ones the first is named [ours]. */
export const PRIVILEGE_IDS = Object.keys(PRIVILEGES) as readonly Privilege[];

/** What is known of a privilege. */
export function factsOf(privilege: Privilege): PrivilegeFacts {
  return PRIVILEGES[privilege];
}

/** Says whether a text is the ID of a privilege. */
export function isPrivilege(text: string): text is Privilege {
  return Object.hasOwn(PRIVILEGES, text);
}
