export { composeDescriptor, type DescriptorSpec } from './formats/compose-descriptor.js';
export { formatBundle, parseBundle, type SealedDek } from './formats/encryption-bundle.js';
export { formatKeyLocator, type KeyLocator, type KeyRole, parseKeyLocator } from './formats/key-locator.js';
export { decodeElement, type Element, encodeElement } from './formats/key-locator-element.js';
export { decodeNvram, encodeNvram, isPlainNvram, type NvramVariables } from './formats/nvram.js';
export { decodeText } from './formats/text-lines.js';
export { type DescriptorExtent, parseDescriptor, type VmdkDescriptor } from './formats/vmdk-descriptor.js';
export { formatVmwareUuid, parseVmwareUuid } from './formats/vmware-uuid.js';
export { Vmx } from './formats/vmx.js';
