/** @file Bundles web/ now, so that no start has to: for the image. */
import { webApplication } from '../src/web/index.ts';

const { assets } = await webApplication();
for (const [path, { text }] of assets) console.log(`${path}: ${text.length} bytes`);
