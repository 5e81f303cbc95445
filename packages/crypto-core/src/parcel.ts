export { KeyParcel } from './keys/key-parcel.js';
