/** @file Bundles web/ and the programs of threads now, so that no start has to: for the image. */
import { bundlePrograms } from '../src/util/bundled_programs.ts';
import { webApplication } from '../src/web/index.ts';

await bundlePrograms();
const { assets } = await webApplication();
for (const [path, { text }] of assets) console.log(`${path}: ${text.length} bytes`);
