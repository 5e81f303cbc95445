/** The vectors of RFC 3394 section 4: a key-encryption key, key data, and the wrapped key, in hex. */
export const RFC_3394_VECTORS: readonly { section: string; kek: string; key: string; wrapped: string }[] = [
  {
    section: '4.1',
    kek: '000102030405060708090a0b0c0d0e0f',
    key: '00112233445566778899aabbccddeeff',
    wrapped: '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5',
  },
  {
    section: '4.2',
    kek: '000102030405060708090a0b0c0d0e0f1011121314151617',
    key: '00112233445566778899aabbccddeeff',
    wrapped: '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d',
  },
  {
    section: '4.3',
    kek: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    key: '00112233445566778899aabbccddeeff',
    wrapped: '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7',
  },
  {
    section: '4.4',
    kek: '000102030405060708090a0b0c0d0e0f1011121314151617',
    key: '00112233445566778899aabbccddeeff0001020304050607',
    wrapped: '031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2',
  },
  {
    section: '4.5',
    kek: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    key: '00112233445566778899aabbccddeeff0001020304050607',
    wrapped: 'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1',
  },
  {
    section: '4.6',
    kek: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    key: '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
    wrapped: '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
  },
];
