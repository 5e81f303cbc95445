export { openParcel } from './keys/key-parcel.js';
