/** @file Lists of jobs: page by page, and filtered by pairs, words and names. */
import { describe, expect, it } from 'vitest';
import type { JobFilter, OwnedSubmission } from '../../src/jobs/job.ts';
import { InvalidCursor } from '../../src/jobs/rows.ts';
import type { StoreFixture } from './store_fixture.ts';

export function testLists(on: StoreFixture, isSqlite: boolean): void {
  describe('lists', () => {
    it('go on where they were, whatever was submitted in between', async () => {
      const ids = [await on.submit(), await on.submit(), await on.submit()];
      await on.submit({ owner: 'bob' });
      const first = await on.store.list({ owner: 'alice', limit: 2 });
      await on.submit();
      const rest = await on.store.list({ owner: 'alice', limit: 2, cursor: first.next_cursor ?? '' });
      expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(ids.reverse());
      expect([first.has_more, rest.has_more, rest.next_cursor]).toEqual([true, false, null]);
    });

    it('refuse a cursor that is not theirs', async () => {
      await expect(on.store.list({ owner: 'alice', limit: 1, cursor: 'x' })).rejects.toThrow(InvalidCursor);
      const far = Buffer.from('p999999999999999').toString('base64url');
      expect(await on.store.list({ owner: 'alice', limit: 1, cursor: far })).toMatchObject({ data: [] });
    });
  });

  const found = async (filter: JobFilter) =>
    (await on.store.list({ owner: 'alice', limit: 100, ...filter })).data.map(({ name }) => name);

  it('filters by a pair of the metadata, whatever its key and value hold', async () => {
    const hard = ['a"zz', 'a.b', '$', '[0]', '0', '', ',', ':', '\\u0000', '\0', 'é', '__proto__'];
    for (const key of hard) {
      const metadata = Object.fromEntries([[key, `"${key}`]]);
      await on.submit({ experiment: { name: key, metadata } });
    }
    await on.submit({
      experiment: { name: 'other', metadata: { 'a"zz0': '1', x: '\ud800', y: '":"', z: '\\' } },
    });
    await on.submit({ experiment: { name: 'commas', metadata: { 'a,': ':', ',': '1' } } });
    for (const key of hard)
      expect(await found({ metadata: Object.fromEntries([[key, `"${key}`]]) })).toEqual([key]);
    expect(await found({ metadata: { zz0: '1' } })).toEqual([]);
    expect(await found({ metadata: { ':': ',' } })).toEqual([]);
    expect(await found({ metadata: { b: '"a.b' } })).toEqual([]);
    expect(await found({ metadata: { 'a"zz0': '1', z: '\\' } })).toEqual(['other']);
  });

  it('filters by words in name, findings, remedies and metadata, not in how they are written down', async () => {
    await on.submit({ experiment: { name: '50% "deep"', metadata: { ticket: 'ML_42', 'é\0': '\ud800=' } } });
    await on.submit({ experiment: { name: 'plain', metadata: {} } });
    await on.attempts.succeed(await on.claim(), Buffer.from('{}'), {
      verdict: 'unhealthy',
      findings: ['vanishing_gradient'],
      recommended: ['use_relu+add_batch_norm'],
    });
    const all = ['50% "deep"'];
    for (const text of ['deep 50%', '"DEEP"', 'ticket=ml_42', 'VANISHING', 'relu gradient', 'batch_norm ml'])
      expect([text, await found({ text })]).toEqual([text, all]);
    for (const text of ['ticket=mlx42', 'findings', 'verdict', 'u0000', 'null', '\\', 'relu plain', '50%d'])
      expect([text, await found({ text })]).toEqual([text, []]);
    expect(await found({ text: ' ' })).toEqual(['plain', ...all]);
    expect(await found({ verdict: 'unhealthy' })).toEqual(all);
    expect(await found({ verdict: 'healthy' })).toEqual([]);
    expect(await found({ kind: 'search' })).toEqual([]);
    expect(await found({ kind: 'study', status: 'succeeded' })).toEqual(all);
  });

  it('filters by a part of the name, not of how it is written down', async () => {
    for (const name of ['first\nline', 'ÄRGER', '50% \\', undefined])
      await on.submit({ experiment: { name, metadata: {} } as unknown as OwnedSubmission['experiment'] });
    expect(await found({ name: 'nline' })).toEqual([]);
    expect(await found({ name: 'null' })).toEqual([]);
    expect(await found({ name: 'T\nL' })).toEqual(['first\nline']);
    expect(await found({ name: '% \\' })).toEqual(['50% \\']);
    expect(await found({ name: 'rGe' })).toEqual(['ÄRGER']);
    // PostgreSQL folds what its locale has.
    if (isSqlite) expect(await found({ name: 'ärg' })).toEqual(['ÄRGER']);
  });
}
