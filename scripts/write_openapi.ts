/** @file Writes openapi/openapi.json from the endpoints; with --check, fails if the file is not what would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createOpenApi } from '../src/http/index.ts';
import { readExamples, version } from '../src/service.ts';

const file = new URL('../openapi/openapi.json', import.meta.url);
const wanted = `${JSON.stringify(createOpenApi(version, readExamples()), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (readFileSync(file, 'utf8') !== wanted) {
  console.error('openapi/openapi.json is stale: run "npm run openapi" and commit it');
  process.exit(1);
}
