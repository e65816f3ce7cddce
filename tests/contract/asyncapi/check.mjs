// Holds schemas/asyncapi.yaml to AsyncAPI 3.0, and to the folder of messages: each file is the payload of one message and
// each message but a dead letter has its file; every message goes over exactly one channel.
//
//   node check.mjs <source folder>     (@asyncapi/parser is found from the working folder)
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { Parser, fromFile } = require('@asyncapi/parser');
const schemas = join(process.argv[2], 'schemas');
const faults = [];

const { document, diagnostics } = await fromFile(new Parser(), join(schemas, 'asyncapi.yaml')).parse();
for (const one of diagnostics)
    if (one.code !== 'asyncapi-latest-version')   // 3.0 is what the tools around us read
        faults.push(`${one.path.join('/')}: ${one.message} [${one.code}]`);

// The parser has put the files in the place of the references: they are compared as what they say.
const files = readdirSync(join(schemas, 'messages')).filter(name => name.endsWith('.json')).map(name => name.slice(0, -5));
const told = new Map();
for (const channel of document?.channels().all() ?? [])
    for (const message of channel.messages().all()) {
        if (told.has(message.name()))
            faults.push(`${message.name()} goes over two channels: ${told.get(message.name())} and ${channel.id()}`);
        told.set(message.name(), channel.id());
        if (message.name() === 'dead_letter')
            continue;
        if (!files.includes(message.name())) {
            faults.push(`${message.name()} has no file in schemas/messages`);
            continue;
        }
        const file = JSON.parse(readFileSync(join(schemas, 'messages', message.name() + '.json'), 'utf8'));
        if (message.payload()?.id?.() !== file.$id && message.payload()?.json?.()?.$id !== file.$id)
            faults.push(`the payload of ${message.name()} is not schemas/messages/${message.name()}.json`);
        if (message.title() !== file.title)
            faults.push(`${message.name()} is called "${message.title()}", its file "${file.title}"`);
        if (!message.headers())
            faults.push(`${message.name()} has no headers`);
    }
for (const name of files)
    if (!told.has(name))
        faults.push(`schemas/messages/${name}.json is no message of asyncapi.yaml`);
if (told.size === 0)
    faults.push('no message was found: nothing has been checked');

for (const fault of faults)
    console.log(fault);
console.log(`asyncapi: ${told.size} messages, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
