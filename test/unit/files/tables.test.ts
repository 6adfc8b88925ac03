/** @file Tables as they are published: rows in the manner of well-known files, each with what is odd about it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { type FileOptions, inputColumns, selectionProblems } from '../../../src/data/file/selection.ts';
import { readCsv } from '../../../src/files/csv.ts';
import type { ReadingOptions } from '../../../src/files/description.ts';
import { readFile } from '../../../src/files/read_file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-tables-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string | Uint8Array, options: ReadingOptions = {}) {
  const path = join(folder, 'table');
  writeFileSync(path, text);
  const { columns, rows, found, notes } = await readCsv(path, options);
  return {
    rows,
    found,
    notes,
    names: columns.map(({ description }) => description.name),
    types: columns.map(({ description }) => description.type),
    missing: columns.map(({ description }) => description.missing),
    numbers: Object.fromEntries(columns.map((column) => [column.description.name, [...column.numbers]])),
    told: Object.fromEntries(
      columns.map(({ description }) => [description.name, description.notes.join('; ')]),
    ),
  };
}

const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;
const repeated = (count: number, row: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => row(i));

describe('delimiters', () => {
  test('semicolons and quoted names (wine quality)', async () => {
    const table = await read(
      lines('"fixed acidity";"volatile acidity";"quality"', '7.4;0.7;5', '7.8;0.88;5', '11.2;0.28;6'),
    );
    expect(table).toMatchObject({ names: ['fixed acidity', 'volatile acidity', 'quality'], rows: 3 });
    expect(table.types).toEqual(['number', 'number', 'number']);
  });

  test('runs of blanks, no header, "?" and quoted names (Auto MPG)', async () => {
    const table = await read(
      lines(
        '18.0   8   307.0      130.0      3504.      12.0   70  1\t"chevrolet chevelle malibu"',
        '25.0   4   98.00      ?          2046.      19.0   71  1\t"ford pinto"',
        '24.0   4   113.0      95.00      2372.      15.0   70  3\t"toyota corona mark ii"',
      ),
    );
    expect(table.found).toMatchObject({ delimiter: ' ', header: false });
    expect(table).toMatchObject({ rows: 3, missing: [0, 0, 0, 1, 0, 0, 0, 0, 0] });
    expect(table.types).toEqual([...Array(8).fill('number'), 'text']);
  });

  test('blanks before each line and no line end at the last (Boston housing)', async () => {
    const table = await read(
      ' 0.00632  18.00   2.310  0\n 0.02731   0.00   7.070  0\n 0.02729   0.00   7.070  1',
    );
    expect(table.names).toHaveLength(4);
    expect(table.numbers.column_1).toEqual([0.00632, 0.02731, 0.02729]);
  });

  test('tabs of which some are doubled (seeds)', async () => {
    const table = await read(
      lines('15.26\t14.84\t0.871\t1', '14.88\t14.57\t0.8811\t\t1', '14.29\t14.09\t0.905\t1'),
    );
    expect(table.numbers.column_4).toEqual([1, 1, 1]);
  });

  test('a comma and a blank, "?" and an empty last line (Adult)', async () => {
    const table = await read(
      '39, State-gov, 77516, Bachelors, <=50K\n50, ?, 83311, Bachelors, <=50K\n38, Private, 215646, HS-grad, >50K\n\n',
    );
    expect(table.found).toMatchObject({ delimiter: ',', header: false });
    expect(table).toMatchObject({ rows: 3, missing: [0, 1, 0, 0, 0] });
  });

  test('the delimiter in a line of its own (Excel)', async () => {
    const table = await read('\u{feff}sep=;\r\nname;price\r\n"a;b";1,5\r\n"c, d";2,5\r\n');
    expect(table.found).toMatchObject({ delimiter: ';', header: true, decimal: ',' });
    expect(table.numbers.price).toEqual([1.5, 2.5]);
  });
});

describe('headers', () => {
  test('numbers as names (pixels, years, pandas)', async () => {
    for (const header of ['label,0,1,2', 'country,2001,2002,2003', ',0,1,2']) {
      const table = await read(lines(header, '5,0,18,255', '3,0,0,7', '9,12,0,0', '1,2,3,4'));
      expect(table).toMatchObject({ found: { header: true }, rows: 4 });
      expect(table.names.slice(1)).toEqual(header.split(',').slice(1));
    }
  });

  test('no header where the first row holds what the others hold', async () => {
    for (const rows of [
      ['5.1,3.5,Iris-setosa', '4.9,3.0,Iris-setosa', '7.0,3.2,Iris-versicolor'],
      ['ham\tGo until jurong point', 'ham\tOk lar', 'spam\tFree entry in 2 a wkly comp', 'ham\tU dun say'],
      ['2020-01-01,?', '2020-01-02,5', '2020-01-03,7'],
      ['$1.50,yes', '$2.25,no', '$3.00,yes'],
    ])
      expect(await read(lines(...rows)), rows[0]).toMatchObject({
        found: { header: false },
        rows: rows.length,
      });
  });

  test('a second row of units, or finer names', async () => {
    const units = await read(
      lines('Time,Speed,Depth', 's,m/s,m', ...repeated(30, (i) => `${i},${i / 2},${30 - i}`)),
    );
    expect(units).toMatchObject({ names: ['Time', 'Speed', 'Depth'], rows: 30, missing: [0, 0, 0] });
    expect(units.found.header_lines).toBe(2);
    const prices = await read(
      lines(
        'Price,Close,High,Volume',
        'Ticker,AAPL,AAPL,AAPL',
        'Date,,,',
        ...repeated(9, (i) => `2024-01-0${i + 1},18${i}.5,19${i}.5,${i}000`),
      ),
    );
    expect(prices).toMatchObject({ names: ['Price', 'Close', 'High', 'Volume'], rows: 9 });
    expect(prices.types).toEqual(['date', 'number', 'number', 'number']);
    const merged = await read(
      lines('Day,Temp,,Rain', ',min,max,sum', '1,2,9,0', '2,1,8,3', '3,4,9,1', '4,4,8,0'),
    );
    expect(merged.names).toEqual(['Day', 'Temp min', 'Temp max', 'Rain sum']);
  });

  test('lines before the header (World Bank)', async () => {
    const table = await read(
      '"Data Source","World Development Indicators",\r\n\r\n"Last Updated Date","2024-06-28",\r\n\r\n' +
        '"Country Name","Country Code","1960","1961",\r\n' +
        '"Aruba","ABW","54608","55811",\r\n"Angola","AGO","..","5441333",\r\n"Albania","ALB","1608800","1659800",\r\n',
    );
    expect(table).toMatchObject({ names: ['Country Name', 'Country Code', '1960', '1961'], rows: 3 });
    expect(table.found.lines_before_header).toBe(2);
    expect(table.missing).toEqual([0, 0, 1, 0]);
  });

  test('names of rows, as R writes them', async () => {
    const table = await read(
      lines('mpg,cyl,disp', 'Mazda RX4,21,6,160', 'Datsun 710,22.8,4,108', 'Valiant,18.1,6,225'),
    );
    expect(table.names).toEqual(['row_names', 'mpg', 'cyl', 'disp']);
    expect(table.numbers.cyl).toEqual([6, 4, 6]);
  });

  test('two columns of one name, line ends in names, "#" before the first', async () => {
    const table = await read(lines('# x,"price\n(USD)",x,x', '1,2,3,4', '5,6,7,8', '9,10,11,12'));
    expect(table.names).toEqual(['x', 'price (USD)', 'x.1', 'x.2']);
    expect(table.told['x.1']).toMatch(/more than one column "x"; this one is called "x.1"/);
  });

  test('columns of text alone: a header differs from what stands below it', async () => {
    const table = await read(lines('buying,maint,class', 'vhigh,vhigh,unacc', 'low,med,acc', 'low,low,good'));
    expect(table).toMatchObject({ names: ['buying', 'maint', 'class'], rows: 3 });
  });
});

describe('numbers', () => {
  test('decimal commas, -200 for missing, delimiters and empty lines at the end (Air Quality)', async () => {
    const table = await read(
      'Date;Time;CO(GT);T;;\r\n' +
        '10/03/2004;18.00.00;2,6;13,6;;\r\n10/03/2004;19.00.00;-200;13,3;;\r\n' +
        '10/03/2004;20.00.00;2,2;-200;;\r\n10/03/2004;21.00.00;-200;11;;\r\n10/03/2004;22.00.00;1,6;-200;;\r\n' +
        ';;;;;\r\n;;;;;\r\n',
    );
    expect(table).toMatchObject({ names: ['Date', 'Time', 'CO(GT)', 'T'], rows: 5 });
    expect(table.types).toEqual(['date', 'date', 'number', 'number']);
    expect(table.told['CO(GT)']).toMatch(/-200 stands in 2 rows.*\?missing=-200/);
    expect(table.notes).toEqual(['2 lines without any value are left out']);
    const stated = await read(
      'Date;Time;CO(GT);T;;\r\n10/03/2004;18.00.00;2,6;-200,0;;\r\n10/03/2004;19.00.00;-200;13,3;;\r\n',
      { missing: ['-200'] },
    );
    expect(stated.missing).toEqual([0, 0, 1, 1]);
  });

  test('999 for missing (Bank marketing); a label of -1 and 1 is none', async () => {
    const table = await read(
      lines('age,pdays,y', ...repeated(40, (i) => `${20 + i},${i % 4 ? 999 : i},${i % 2 ? 1 : -1}`)),
    );
    expect(table.told.pdays).toMatch(/999 stands in 30 rows/);
    expect(table.told.age).not.toMatch(/stands in/);
    expect(table.told.y).not.toMatch(/stands in/);
  });

  test('thousands, currencies, per cent, brackets', async () => {
    const table = await read(
      lines(
        'price,growth,profit,people,change',
        '"$1,234.50",12.5%,"(1,200)","10,000",−3.5',
        '$99.00,-3 %,800,"1,200,000",+2',
        '"US$ 2,000",0%,"(50)",900,1.5',
      ),
    );
    expect(table.found.decimal).toBe('.');
    expect(table.numbers.price).toEqual([1234.5, 99, 2000]);
    expect(table.numbers.growth).toEqual([12.5, -3, 0]);
    expect(table.numbers.profit).toEqual([-1200, 800, -50]);
    expect(table.numbers.people).toEqual([10_000, 1_200_000, 900]);
    expect(table.numbers.change).toEqual([-3.5, 2, 1.5]);
    expect(table.told.price).toMatch(/"\$1,234.50" and the like are read as numbers/);
    expect(table.told.change).toMatch(/and the like/);
  });

  test('points for thousands and decimal commas, in Windows-1252 (German Excel)', async () => {
    const text = lines(
      'Stra\xdfe;Preis;Einwohner',
      'M\xfchle;1.234,56 \x80;1.500',
      'Bad;12,50 \x80;12.000',
      'Au;9,00 \x80;900',
    );
    const table = await read(Buffer.from(text, 'latin1'));
    expect(table.found).toMatchObject({ encoding: 'windows-1252', decimal: ',' });
    expect(table.names[0]).toBe('Straße');
    expect(table.numbers.Preis).toEqual([1234.56, 12.5, 9]);
    expect(table.numbers.Einwohner).toEqual([1500, 12_000, 900]);
  });

  test('quoted decimal commas between commas', async () => {
    const table = await read(lines('x,y', '"3,14",1', '"2,7",2', '"1,125",3'));
    expect(table.found.decimal).toBe(',');
    expect(table.numbers.x).toEqual([3.14, 2.7, 1.125]);
  });

  test('what no number is stays text', async () => {
    const table = await read(lines('a,b,c,n', '1-2,v1.2,19M,1', '3-4,v1.3,1.2k,2', '5-6,v2.0,Varies,3'));
    expect(table.types).toEqual(['text', 'text', 'text', 'number']);
  });

  test('errors of spreadsheets and infinity count as missing', async () => {
    const table = await read(lines('x,y', '1,#DIV/0!', '2,#N/A', 'inf,3', '4,4'));
    expect(table).toMatchObject({ types: ['number', 'number'], missing: [1, 2] });
  });

  test.each([
    ['2020/1/5', '2021/12/31'],
    ['5-Jan-2020', '31-Dec-2021'],
    ['January 5, 2020', 'Dec 31 2021'],
    ['1/5/20 14:30', '12/31/21 09:05'],
    ['05.01.2020', '31.12.2021'],
    ['Jan-20', 'Dec-21'],
    ['2020-01-05T10:00:00.000Z', '2021-12-31 23:59:59+02:00'],
    ['18:00', '07:45'],
  ])('dates: %s', async (...dates) => {
    const table = await read(['when;x', ...dates.map((date, i) => `${date};${i}`)].join('\n'));
    expect(table.types).toEqual(['date', 'number']);
  });

  test('days written as numbers are pointed out', async () => {
    const table = await read(lines('day,x', '20240101,1', '20240102,2', '20240131,3'));
    expect(table.told.day).toMatch(/days written as numbers/);
  });
});

test('a letter that is no ASCII far down in the file decides the encoding', async () => {
  const rows = repeated(12_000, (i) => `${i},${'plain '.repeat(16)}`).join('\n');
  const table = await read(Buffer.from(`n,town\n${rows}\n7,K\xf6ln\n`, 'latin1'));
  expect(table.found.encoding).toBe('windows-1252');
});

test('big-endian UTF-16', async () => {
  const table = await read(Buffer.concat([Buffer.from('\u{feff}a\tb\n1\t2\n3\t4\n', 'utf16le')]).swap16());
  expect(table).toMatchObject({ names: ['a', 'b'], rows: 2, found: { encoding: 'utf-16be' } });
});

test('quotes with line ends, doubled quotes and delimiters in them (Titanic)', async () => {
  const table = await read(
    'PassengerId,Name,Age,Cabin\r\n1,"Braund, Mr. Owen ""Harris""",22,\r\n2,"Cumings,\r\nMrs. John",38,C85\r\n3,"Heikkinen, Miss. Laina",,\r\n',
  );
  expect(table).toMatchObject({ rows: 3, missing: [0, 0, 1, 2] });
  await expect(read('a,b\n1,"2\n3"\n4,5,6\n')).rejects.toThrow(/line 4 has 3 cells, the first line has 2/);
});

test('a list of objects, as pandas writes with orient="records"', async () => {
  const own = mkdtempSync(join(folder, 'records-'));
  writeFileSync(join(own, 'content'), '[{"a":1,"b":"x"},{"a":null,"b":"y"}]');
  const { description } = await readFile(own, {});
  expect(description).toMatchObject({ kind: 'table', format: 'json', rows: 2 });
  expect(description.columns?.map(({ missing }) => missing)).toEqual([1, 0]);
});

test('names and columns without a value are no inputs unless they are named', () => {
  const column = (name: string, type: 'text' | 'number', distinct: number | null) => ({
    ...{ name, type, distinct, missing: 0, first_missing_line: null },
    ...{ min: null, max: null, mean: null, std: null, categories: [], notes: [] },
  });
  const columns = [
    ...[column('Name', 'text', 891), column('Cabin', 'number', 0), column('Fare', 'number', 248)],
    ...[column('Sex', 'text', 2), column('Survived', 'number', 2)],
  ];
  const options: FileOptions = {
    file: 'file',
    inputs: null,
    targets: 'Survived',
    target_type: 'auto',
    missing: 'refuse',
    size: null,
    channels: 3,
    samples: null,
  };
  expect(inputColumns(options, columns).map(({ name }) => name)).toEqual(['Fare', 'Sex']);
  const facts = {
    description: { kind: 'table', format: 'csv', rows: 891, columns, found: {}, notes: [] },
  } as const;
  expect(selectionProblems({ ...options, inputs: ['Name', 'Fare'] }, facts as never)).toMatchObject([
    { path: ['inputs'], message: expect.stringMatching(/"Name" has 891 different values/) },
  ]);
});

test('a model with Python code in it is stored with a word about it', async () => {
  const own = mkdtempSync(join(folder, 'lambda-'));
  const notesOf = async (name: string) => {
    const config = JSON.stringify({ class_name: 'Sequential', config: { layers: [{ class_name: name }] } });
    writeFileSync(
      join(own, 'content'),
      zipSync({ 'config.json': strToU8(config), 'metadata.json': strToU8('{}') }),
    );
    const archive = await readFile(own, {});
    writeFileSync(join(own, 'content'), config);
    const json = await readFile(own, {});
    expect([archive.description.format, json.description.format]).toEqual(['keras', 'keras_json']);
    return [archive, json].map(({ description }) => description.notes.join());
  };
  for (const notes of await notesOf('Lambda')) expect(notes).toMatch(/Lambda layers: Python code/);
  expect(await notesOf('Dense')).toEqual(['', '']);
});
