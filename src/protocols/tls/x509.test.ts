import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { Cursor } from '../../util/cursor.ts';
import { bitLength, oidText, readElement, timeOf } from './der.ts';
import { type Certificate, certificateProblems, coversHost, keyText, parseCertificate } from './x509.ts';

const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8').replaceAll('\\', '');
const lines = (text: string) => text.replaceAll('\\', '').split('\n').join(', ');

test('reads what node:crypto reads, of every root certificate Node brings along', () => {
  assert.ok(rootCertificates.length > 100);
  for (const text of rootCertificates) {
    const theirs = new X509Certificate(text);
    const ours = parseCertificate(new Uint8Array(theirs.raw))!;
    const seconds = (date: string) => Date.parse(date) / 1000;
    assert.equal(utf8(ours.subject), lines(theirs.subject));
    assert.equal(utf8(ours.issuer), lines(theirs.issuer));
    assert.equal(BigInt(`0x${ours.serial}`), BigInt(`0x${theirs.serialNumber}`));
    assert.equal(ours.notBefore, seconds(theirs.validFrom));
    assert.equal(ours.notAfter, seconds(theirs.validTo));
    assert.equal(ours.isCa, theirs.ca);
    assert.ok(ours.selfSigned, ours.subject);
    const { asymmetricKeyType, asymmetricKeyDetails } = theirs.publicKey;
    assert.equal(ours.keyKind.toLowerCase(), asymmetricKeyType);
    if (asymmetricKeyDetails?.modulusLength) assert.equal(ours.keyBits, asymmetricKeyDetails.modulusLength);
    const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
    assert.equal(ours.curve, curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? '');
  }
});

test('any cut of a certificate is no certificate, and throws nothing', () => {
  const { raw } = new X509Certificate(rootCertificates[0]!);
  for (let length = 0; length < raw.length; length++)
    assert.equal(parseCertificate(new Uint8Array(raw.subarray(0, length))), undefined);
});

test('DER: lengths, identifiers, integers, times', () => {
  const element = (...bytes: number[]) => readElement(new Cursor(Uint8Array.from(bytes)));
  assert.equal(element(4, 0x81, 2, 7, 8)?.content.left, 2);
  assert.equal(element(4, 0x80, 0, 0), undefined, 'no indefinite form');
  assert.equal(element(4, 0x85, 0, 0, 0, 0, 1, 1), undefined, 'five bytes of length');
  assert.equal(element(4, 3, 1), undefined, 'more than there is');
  const oid = (hex: string) => oidText(new Cursor(Uint8Array.from(Buffer.from(hex, 'hex'))));
  assert.equal(oid('2a864886f70d01010b'), '1.2.840.113549.1.1.11');
  assert.equal(oid('550403'), '2.5.4.3');
  const bits = (...bytes: number[]) => bitLength(new Cursor(Uint8Array.from(bytes)));
  assert.deepEqual([bits(0, 0x80, 0), bits(1), bits(0, 0), bits(0, 0xff)], [16, 1, 0, 8]);
  const time = (tag: number, text: string) =>
    timeOf(element(tag, text.length, ...Buffer.from(text, 'latin1'))!);
  assert.equal(time(0x17, '500101000000Z'), Date.UTC(1950, 0, 1) / 1000);
  assert.equal(time(0x17, '491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
  assert.equal(time(0x18, '20501231235959Z'), Date.UTC(2050, 11, 31, 23, 59, 59) / 1000);
  assert.ok(Number.isNaN(time(0x18, '2050123123595')));
  assert.ok(Number.isNaN(time(0x17, '5001010000+01')));
});

const certificate: Certificate = {
  serial: '01',
  issuer: 'CN=CA',
  subject: 'CN=host.example',
  commonName: 'host.example',
  notBefore: 1000,
  notAfter: 2000,
  names: ['DNS:a.example', 'DNS:*.b.example', 'IP:192.0.2.1'],
  keyKind: 'EC',
  curve: 'P-256',
  keyBits: 256,
  signature: 'ecdsaWithSha256',
  isCa: false,
  selfSigned: false,
};

test('which hosts it covers', () => {
  const covered = ['a.example', 'A.EXAMPLE.', 'x.b.example'];
  const not = ['b.example', 'x.y.b.example', 'host.example', 'example', ''];
  for (const host of covered) assert.ok(coversHost(certificate, host), host);
  for (const host of not) assert.ok(!coversHost(certificate, host), host);
  assert.ok(coversHost({ ...certificate, names: [] }, 'host.example'), 'the common name, without others');
});

test('what is wrong with it', () => {
  assert.deepEqual(certificateProblems(certificate, 1500, 'a.example'), []);
  assert.deepEqual(certificateProblems(certificate, 999, undefined), ['not yet valid']);
  assert.deepEqual(certificateProblems({ ...certificate, selfSigned: true }, 2001, 'c.example'), [
    'expired',
    'self-signed',
    'name mismatch',
  ]);
  assert.deepEqual(certificateProblems(certificate, undefined, undefined), [], 'no clock, no judgement');
  assert.equal(keyText(certificate), 'EC P-256');
  assert.equal(keyText({ ...certificate, keyKind: 'RSA', curve: '', keyBits: 2048 }), 'RSA 2048');
});
