// A KMIP Get from the specification alone (KMIP 1.1 sections 4.11 and 9.1), sharing no line with kmip-lite: a second hand
// for what the product says of itself.
import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';

const STRUCTURE = 0x01;
const INTEGER = 0x02;
const ENUMERATION = 0x05;
const TEXT = 0x07;

const OPERATION_GET = 0x0a;
const RESULT_SUCCESS = 0;

function item(tag: number, type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUIntBE(tag, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt32BE(value.length, 4);
  return Buffer.concat([head, value, Buffer.alloc((8 - (value.length % 8)) % 8)]);
}

const number = (tag: number, type: number, value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return item(tag, type, bytes);
};

const structure = (tag: number, ...children: Buffer[]): Buffer => item(tag, STRUCTURE, Buffer.concat(children));

function getRequest(uniqueIdentifier: string): Buffer {
  const version = structure(0x420069, number(0x42006a, INTEGER, 1), number(0x42006b, INTEGER, 1));
  const header = structure(0x420077, version, number(0x42000d, INTEGER, 1));
  const payload = structure(0x420079, item(0x420094, TEXT, Buffer.from(uniqueIdentifier)));
  return structure(0x420078, header, structure(0x42000f, number(0x42005c, ENUMERATION, OPERATION_GET), payload));
}

/** Values of all items with this tag, at any depth. */
function valuesOf(tag: number, message: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 8 <= message.length; ) {
    const length = message.readUInt32BE(at + 4);
    const value = message.subarray(at + 8, at + 8 + length);
    if (message.readUIntBE(at, 3) === tag) found.push(value);
    if (message.readUInt8(at + 3) === STRUCTURE) found.push(...valuesOf(tag, value));
    at += 8 + length + ((8 - (length % 8)) % 8);
  }
  return found;
}

/**
 * Fetches a symmetric key over mutual TLS.
 *
 * @param tls host, port, certificates and key, as node:tls takes them
 * @returns the key's bytes as they were on the wire, and how the server answered
 */
export async function getKeyByHand(
  tls: ConnectionOptions,
  uniqueIdentifier: string,
): Promise<{ readonly succeeded: boolean; readonly keyMaterial: Uint8Array | null }> {
  const socket = connect(tls);
  await once(socket, 'secureConnect');
  socket.write(getRequest(uniqueIdentifier));
  let answer = Buffer.alloc(0);
  for await (const chunk of socket) {
    answer = Buffer.concat([answer, chunk]);
    if (answer.length >= 8 && answer.length >= 8 + answer.readUInt32BE(4)) break;
  }
  socket.destroy();
  const status = valuesOf(0x42007f, answer)[0]?.readUInt32BE(0);
  const material = valuesOf(0x420043, answer)[0];
  return {
    succeeded: status === RESULT_SUCCESS,
    keyMaterial: material === undefined ? null : new Uint8Array(material),
  };
}
