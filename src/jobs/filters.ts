/** @file Which jobs a list leaves. */
import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, type SqlBool, sql } from 'kysely';
import { hasPair, holds, holdsText, listHoldsText, pairHoldsText, textIn } from './dialect.ts';
import type { JobFilter } from './job.ts';
import type { Tables } from './tables.ts';

type Build = ExpressionBuilder<Tables, 'jobs'>;
type Condition = ExpressionWrapper<Tables, 'jobs', SqlBool>;

const holdsWord = (db: Kysely<Tables>, { or }: Build, word: string): Condition =>
  or([
    holdsText(db, 'name', word),
    holds(db, sql.ref('id'), word),
    listHoldsText(db, 'summary', 'findings', word),
    listHoldsText(db, 'summary', 'recommended', word),
    pairHoldsText(db, 'metadata', word),
  ]);

const wordsOf = ({ text = '' }: JobFilter): string[] => text.split(/\s+/).filter(Boolean);

/** Jobs times conditions that SQLite looks at in one go, on the event loop: about 10 ms. */
const LOOKED_AT = 4000;
/** What the other filters cost, in words that are looked for everywhere. */
const OTHERS = 4;

/** So many jobs may be looked at in one go; null where no filter passes any by, so that a page ends it. */
export function windowOf(filter: JobFilter): number | null {
  const { status, kind, verdict, name, text, metadata = {} } = filter;
  const given = [status, kind, verdict, name, text, ...Object.keys(metadata)];
  if (given.every((one) => one === undefined)) return null;
  return Math.ceil(LOOKED_AT / (OTHERS + Object.keys(metadata).length + wordsOf(filter).length));
}

export function matches(db: Kysely<Tables>, build: Build, filter: JobFilter): Condition {
  const { status, kind, verdict, name, metadata = {} } = filter;
  const conditions = [
    status === undefined ? null : build('status', '=', status),
    kind === undefined ? null : build('search', kind === 'search' ? 'is not' : 'is', null),
    verdict === undefined ? null : sql<boolean>`${textIn(db, 'summary', 'verdict')} = ${verdict}`,
    name === undefined ? null : holdsText(db, 'name', name),
    ...wordsOf(filter).map((word) => holdsWord(db, build, word)),
    ...Object.entries(metadata).map(([key, value]) => hasPair(db, 'metadata', key, value)),
  ];
  return build.and(conditions.filter((condition) => condition !== null));
}
