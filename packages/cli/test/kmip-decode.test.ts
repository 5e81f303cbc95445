import { bytes, encodeTtlv, integer, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { CliError } from '../src/exit.js';
import { bytesOfCapture, messagesIn } from '../src/kmip/read-messages.js';

const version = structure([item(Tag.ProtocolVersionMajor, integer(1)), item(Tag.ProtocolVersionMinor, integer(1))]);
const message = encodeTtlv(
  item(
    Tag.RequestMessage,
    structure([
      item(Tag.RequestHeader, structure([item(Tag.ProtocolVersion, version), item(Tag.BatchCount, integer(0))])),
    ]),
  ),
);
const hex = Buffer.from(message).toString('hex');
const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);

describe('what was kept of a wire', () => {
  it.each([
    ['bytes', message],
    ['hex digits', utf8(hex)],
    ['hex in lines, as xxd -p prints it', utf8(`${hex.match(/.{1,60}/g)?.join('\n')}\n`)],
    ['hex with blanks, capitals and 0x', utf8(`0x${hex.toUpperCase().match(/../g)?.join(' ')}`)],
  ])('is read as %s', (_, content) => {
    expect(bytesOfCapture(content, 'it')).toEqual({ bytes: message, oddDigits: null });
  });

  it.each([
    ['nothing', new Uint8Array(), 'it is empty.'],
    ['a text', utf8('HTTP/1.1 200 OK'), 'it is neither hex digits nor a KMIP message.'],
  ])('is refused when it is %s', (_, content, said) => {
    expect(() => bytesOfCapture(content, 'it')).toThrow(CliError);
    expect(() => bytesOfCapture(content, 'it')).toThrow(said);
  });

  it('may be cut in the middle of a hex digit pair', () => {
    expect(bytesOfCapture(utf8(hex.slice(0, -1)), 'it')).toEqual({
      bytes: message.subarray(0, -1),
      oddDigits: hex.length - 1,
    });
  });

  it('may be several messages', () => {
    const found = messagesIn(Uint8Array.of(...message, ...message));
    expect(found.map(({ offsetBytes, bytes: { length } }) => [offsetBytes, length])).toEqual([
      [0, message.length],
      [message.length, message.length],
    ]);
  });

  it('names the place of what is wrong, in the message where it is', () => {
    const broken = message.slice();
    broken[0x18 + 3] = 0x0b;
    const found = messagesIn(Uint8Array.of(...message, ...broken));
    expect(found.map(({ trouble }) => trouble)).toMatchObject([null, { code: 'BAD_TYPE', offsetBytes: 0x18 + 3 }]);
    expect(messagesIn(message.subarray(0, 5))[0]?.trouble).toMatchObject({ code: 'TRUNCATED', offsetBytes: 0 });
    expect(messagesIn(message.subarray(0, -1))[0]?.trouble).toMatchObject({ code: 'TRUNCATED' });
  });

  it('may be a part of a message', () => {
    const part = encodeTtlv(item(Tag.KeyValue, structure([item(Tag.KeyMaterial, bytes(utf8('0123456789abcdef')))])));
    expect(messagesIn(part)).toEqual([{ offsetBytes: 0, bytes: part, trouble: null }]);
    expect(messagesIn(encodeTtlv(item(Tag.UniqueIdentifier, text('a'))))).toHaveLength(1);
  });
});
