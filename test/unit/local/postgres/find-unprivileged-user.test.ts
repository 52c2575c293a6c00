import { describe, expect, it } from 'vitest';
import { parseUser } from '../../../../local/postgres/find-unprivileged-user.ts';

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
  'broken',
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
].join('\n');

describe('parseUser', () => {
  it('reads user and group', () => {
    expect(parseUser(PASSWD, 'postgres')).toEqual({ uid: 101, gid: 104 });
    expect(parseUser(PASSWD, 'nobody')).toEqual({ uid: 65_534, gid: 65_534 });
  });

  it('finds no user that is not there or not whole', () => {
    expect(parseUser(PASSWD, 'post')).toBeUndefined();
    expect(parseUser(PASSWD, 'broken')).toBeUndefined();
  });

  it('never finds root', () => {
    expect(parseUser(PASSWD, 'root')).toBeUndefined();
  });
});
