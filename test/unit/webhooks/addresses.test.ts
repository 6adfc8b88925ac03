/** @file Webhooks go to the public internet, and to what WEBHOOK_ALLOW names. */
import { expect, it } from 'vitest';
import { isAllowed, parseAllowed, refusalOf } from '../../../src/webhooks/addresses.ts';

const none = parseAllowed('');
if (none === null) throw new Error('nothing is a list');

it.each([
  ...[
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
  ],
  ...[
    '169.254.169.254',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
  ],
  // As a URL reads them: decimal, octal, hexadecimal, with parts left out.
  ...['2130706433', '017700000001', '0x7f000001', '0177.0.0.1', '127.1', '0x7f.1', '3232235521'],
  ...[
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.2.1',
    '[2002:7f00:1::]',
    '[64:ff9b::7f00:1]',
    '[ff02::1]',
  ],
  ...['[2001:0:7f00:1::]', '[2001:db8::1]', '１２７.０.０.１'],
])('not to %s', (host) => {
  expect(refusalOf(`http://${host}/`, none)).toContain('no address of the public internet');
});

it.each(['8.8.8.8', '100.128.0.1', '172.32.0.1', '[2606:4700::1111]'])('to %s', (host) => {
  expect(refusalOf(`https://${host}/hook`, none)).toBeNull();
});

it('or to hosts, addresses and networks that are allowed', () => {
  const allowed = parseAllowed('hooks.internal, 10.1.0.0/16,fd00::/8 , 127.0.0.1');
  if (allowed === null) throw new Error('it is a list');
  expect(isAllowed('hooks.internal', '192.168.7.7', allowed)).toBe(true);
  expect(isAllowed('HOOKS.internal', '192.168.7.7', allowed)).toBe(true);
  expect(isAllowed('other.internal', '192.168.7.7', allowed)).toBe(false);
  expect(isAllowed('other.internal', '10.1.9.9', allowed)).toBe(true);
  expect(isAllowed('other.internal', '10.2.9.9', allowed)).toBe(false);
  expect(isAllowed('x', 'fd12::1', allowed)).toBe(true);
  expect(isAllowed('x', '127.0.0.1', allowed)).toBe(true);
  expect(isAllowed('x', '127.0.0.2', allowed)).toBe(false);
});

it.each([
  ['localhost', 'localhost', true],
  ['localhost.', '127.0.0.0/8', true],
  ['hook.localhost', '::1', true],
  ['hook.localhost', 'hook.localhost', true],
  ['hook.localhost', 'localhost', false],
  ['localhost', '127.0.0.2', false],
  ['localhost', '', false],
  ['LocalHost', '', false],
  ['a.b.localhost.', '', false],
  ['localhost.example.org', '', true],
  ['notlocalhost', '', true],
])('to %s where "%s" is allowed: %s', (host, list, isTaken) => {
  const allowed = parseAllowed(list);
  if (allowed === null) throw new Error('it is a list');
  expect(refusalOf(`http://${host}:8080/`, allowed) === null).toBe(isTaken);
});

it.each(['10.0.0.0/33', '10.0.0.0/8/8', 'a b', 'http://x', '::1/129', '10.0.0.0/-1'])(
  '%s is no such list',
  (text) => {
    expect(parseAllowed(text)).toBeNull();
  },
);
