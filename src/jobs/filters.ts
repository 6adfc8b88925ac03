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

export function matches(db: Kysely<Tables>, build: Build, filter: JobFilter): Condition {
  const { status, kind, verdict, name, text = '', metadata = {} } = filter;
  const conditions = [
    status === undefined ? null : build('status', '=', status),
    kind === undefined ? null : build('search', kind === 'search' ? 'is not' : 'is', null),
    verdict === undefined ? null : sql<boolean>`${textIn(db, 'summary', 'verdict')} = ${verdict}`,
    name === undefined ? null : holdsText(db, 'name', name),
    ...text
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => holdsWord(db, build, word)),
    ...Object.entries(metadata).map(([key, value]) => hasPair(db, 'metadata', key, value)),
  ];
  return build.and(conditions.filter((condition) => condition !== null));
}
