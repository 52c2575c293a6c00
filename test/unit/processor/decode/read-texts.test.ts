import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readTexts } from '../../../../processor/decode/read-texts.ts';
import { aggregate } from '../../../support/aggregate.ts';

function read(payloads: readonly (string | Buffer)[]) {
  return readTexts(payloads);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('the texts of a batch', () => {
  it('are read from base64 and from bytes alike, empty ones included', () => {
    const texts = ['', 'a', 'ab', 'abc', 'é€😀', '\uFEFF{}', '\n', ''];
    expect(read(texts.map(base64))).toEqual(texts);
    expect(read(texts.map((text) => Buffer.from(text)))).toEqual(texts);
    expect(read([base64('a'), Buffer.from('b')])).toEqual(['a', 'b']);
  });

  it.each([
    ['halves of a character in two records', [Buffer.from([0xc3]), Buffer.from([0xa9])]],
    ['bytes that are no text', [Buffer.from('a'), Buffer.from([0xff])]],
    ['a compressed record', [Buffer.from('a'), gzipSync('b')]],
    ['an aggregated record', [aggregate([{ partitionKey: 'k', data: 'b' }])]],
    ['a NUL character', [Buffer.from('a\0b'), Buffer.from('c')]],
  ])('are not read where there is %s', (_what, payloads) => {
    expect(read(payloads)).toBeUndefined();
    expect(read(payloads.map((bytes) => bytes.toString('base64')))).toBeUndefined();
  });
});
