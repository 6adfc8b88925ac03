/** @file What is dropped on the list of jobs: experiments, models and data of every kind, in a real browser. */
import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/util/safetensors.ts';
import { tinyExperiment } from '../http/service.ts';
import { type Layer, sequential3 } from '../imports/models.ts';
import { describeInChromium, openPage, type Watched } from './browser.ts';
import { address } from './shared.ts';

const kerasDense: Layer = {
  kind: 'Dense',
  name: 'a',
  options: { units: 2, activation: 'tanh', use_bias: true },
};

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const fixture = (of: string, name: string) =>
  readFileSync(new URL(`../${of}/fixtures/${name}`, import.meta.url));

/** One folder a class, two images of a pixel in each. */
function images(): Uint8Array {
  const pixel = Buffer.from(PIXEL, 'base64');
  const names = ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png'];
  return zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array(pixel)])));
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const WEIGHTS = new Map([['dense_1/kernel', { shape: [2, 4], data: new Float32Array(8) }]]);

describeInChromium('files that are dropped, in Chromium', () => {
  const open = (path: string): Promise<Watched> => openPage(address() + path);

  it.each([
    ['an experiment', 'mine.json', json(tinyExperiment({ name: 'dropped' })), ['dropped']],
    ['a Keras model', 'model.json', json(sequential3([2], [kerasDense])), ['"layers"', '"tanh"']],
    ['an ONNX model', 'model.onnx', fixture('imports', 'torch_mlp.onnx'), ['"layers"', '"dense"']],
    ['a table', 'points.csv', Buffer.from('x,y,class\n1,2,a\n2,1,b\n3,4,a\n4,3,b\n'), ['"type": "file"']],
    ['arrays', 'arrays.npz', fixture('files', 'c_order.npz'), ['"type": "file"']],
    ['images', 'images.zip', images(), ['"type": "file"']],
    ['weights', 'weights.safetensors', encodeSafetensors(WEIGHTS), ['"initial_weights"']],
  ])('takes what is dropped on the list: %s', async (_, name, content, signs) => {
    const { page, complaints, close } = await open('/');
    await page.waitForSelector('.drop');
    await page.evaluate(
      `(() => {
        const bytes = Uint8Array.from(atob('${Buffer.from(content).toString('base64')}'), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], ${JSON.stringify(name)}));
        document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      })()`,
    );
    await page.waitForURL('**/new');
    const draft = await page.inputValue('.editor textarea');
    for (const sign of signs) expect(draft).toContain(sign);
    expect(await page.textContent('.drop [role=status]')).toContain(name);
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([]);
    await close();
  });

  it('says what is wrong with a file that it cannot take', async () => {
    const { page, close } = await open('/');
    await page.setInputFiles('.drop input', {
      name: 'a.onnx',
      mimeType: '',
      buffer: Buffer.from('no model'),
    });
    await expect.poll(() => page.textContent('.drop [role=status]')).toMatch(/ONNX|protobuf|model/i);
    expect(new URL(page.url()).pathname).toBe('/');
    await close();
  });
});
