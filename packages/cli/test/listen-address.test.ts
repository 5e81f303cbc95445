import { expect, it } from 'vitest';
import { isLoopback, warningOf } from '../src/verbs/kms/listen-address.js';

it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
  'takes %s for this machine only',
  (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(warningOf(host, 'it')).toBeNull();
  },
);

it.each(['0.0.0.0', '::', '10.0.0.1', '192.168.1.5', 'kms.lab', '127.evil.example', '::ffff:10.0.0.1', ''])(
  'warns of %s, which other machines may reach',
  (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(warningOf(host, 'it')).toContain('firewall');
  },
);
