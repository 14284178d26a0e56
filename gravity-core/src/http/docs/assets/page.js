// Renders the OpenAPI document beside this page. Everything that comes from the document becomes
// text nodes, never markup.
'use strict';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'trace'];
const LONGEST_ANSWER = 1024 * 1024;
const credentials = new Map();
let api = {};

// --- Elements -----------------------------------------------------------------------------------

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Builds what a <details> holds when it is first opened: schemas may contain themselves.
function lazily(details, build) {
  const fill = () => {
    if (!details.open || details.dataset.built) return;
    details.dataset.built = 'yes';
    details.append(build());
  };
  details.addEventListener('toggle', fill);
  fill();
  return details;
}

// The part of Markdown that descriptions use: paragraphs, lists, code, emphasis, links.
function words(text) {
  const box = h('div', { class: 'words' });
  for (const block of String(text || '').split(/\n\s*\n/)) {
    const lines = block.split('\n').filter((line) => line.trim());
    if (!lines.length) continue;
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      box.append(h('ul', null, lines.map((line) => h('li', null, inline(line.replace(/^\s*[-*] /, ''))))));
    } else {
      box.append(h('p', null, inline(lines.map((line) => line.replace(/^#+ /, '')).join(' '))));
    }
  }
  return box;
}

function inline(text) {
  const parts = [];
  const pattern = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(last, match.index));
    if (match[1]) parts.push(h('code', null, match[1]));
    else if (match[2]) parts.push(h('b', null, match[2]));
    else parts.push(h('a', { href: match[4], rel: 'noreferrer' }, match[3]));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

// --- Schemas ------------------------------------------------------------------------------------

function resolve(value) {
  let seen = 0;
  while (value && typeof value === 'object' && typeof value.$ref === 'string' && seen++ < 20) {
    const { $ref, ...beside } = value;
    const target = $ref.replace(/^#\//, '').split('/')
      .reduce((at, key) => at && at[decodeURIComponent(key).replace(/~1/g, '/').replace(/~0/g, '~')], api);
    value = merge(target || {}, beside);
  }
  return value && typeof value === 'object' ? value : {};
}

function merge(base, beside) {
  const all = { ...base, ...beside };
  if (base.properties && beside.properties) {
    all.properties = { ...base.properties };
    for (const [name, more] of Object.entries(beside.properties)) {
      all.properties[name] = { ...base.properties[name], ...more };
    }
  }
  return all;
}

function refName(schema) {
  return schema && typeof schema.$ref === 'string' ? schema.$ref.split('/').pop() : '';
}

function choices(schema) {
  return schema.oneOf || schema.anyOf || null;
}

function types(schema) {
  return [].concat(schema.type === undefined ? [] : schema.type);
}

function typeName(raw) {
  if (raw === true || raw === undefined) return 'anything';
  const name = refName(raw);
  if (name) return name;
  const schema = resolve(raw);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (choices(schema)) return choices(schema).map(typeName).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeName).join(' and ');
  const known = types(schema).map((type) => {
    if (type === 'array') return schema.prefixItems ? `[${schema.prefixItems.map(typeName).join(', ')}]` : `list of ${typeName(schema.items)}`;
    if (type === 'string' && schema.contentMediaType) return 'file';
    return schema.format && type !== 'null' ? `${type} (${schema.format})` : type;
  });
  if (known.length) return known.join(' or ');
  if (schema.enum) return 'one of';
  return schema.properties ? 'object' : 'anything';
}

const LIMITS = [
  ['minimum', '≥'], ['exclusiveMinimum', '>'], ['maximum', '≤'], ['exclusiveMaximum', '<'], ['multipleOf', 'multiple of'],
  ['minLength', 'length ≥'], ['maxLength', 'length ≤'], ['pattern', 'matches'],
  ['minItems', 'items ≥'], ['maxItems', 'items ≤'], ['minProperties', 'members ≥'], ['maxProperties', 'members ≤'],
];

function limits(schema) {
  const parts = LIMITS.filter(([key]) => schema[key] !== undefined).map(([key, sign]) => `${sign} ${schema[key]}`);
  if (schema.uniqueItems) parts.push('no item twice');
  if (schema.additionalProperties === false) parts.push('no other members');
  if (schema.default !== undefined && schema.default !== null) parts.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.readOnly) parts.push('read only');
  if (schema.writeOnly) parts.push('write only');
  const out = parts.map((part) => h('span', { class: 'tag' }, part));
  if (schema.enum) out.push(...schema.enum.map((value) => h('code', { class: 'tag' }, JSON.stringify(value))));
  return out;
}

// What may be null is shown as what it is otherwise.
function unlessNull(raw) {
  const some = choices(resolve(raw));
  const rest = (some || []).filter((choice) => resolve(choice).type !== 'null');
  return some && some.length > 1 && rest.length === 1 ? rest[0] : raw;
}

function nested(value) {
  const raw = unlessNull(value);
  const schema = resolve(raw);
  if (schema.properties && Object.keys(schema.properties).length) return true;
  if (schema.items && nested(schema.items)) return true;
  if (typeof schema.additionalProperties === 'object' && schema.additionalProperties) return true;
  const some = choices(schema) || schema.allOf;
  return Boolean(some && some.some((choice) => nested(choice) || resolve(choice).enum || resolve(choice).const !== undefined));
}

function fields(value, depth) {
  const raw = unlessNull(value);
  const schema = resolve(raw);
  const list = h('ul', { class: 'fields' });
  const required = new Set(schema.required || []);
  for (const [name, own] of Object.entries(schema.properties || {})) list.append(field(name, own, required.has(name), depth));
  if (schema.items) list.append(field('each item', schema.items, false, depth));
  if (schema.additionalProperties && typeof schema.additionalProperties === 'object') {
    list.append(field('any other member', schema.additionalProperties, false, depth));
  }
  (choices(schema) || []).forEach((choice, at) => list.append(field(resolve(choice).title || `choice ${at + 1}`, choice, false, depth)));
  (schema.allOf || []).forEach((part) => list.append(field('and', part, false, depth)));
  return list;
}

function field(name, raw, required, depth) {
  const schema = resolve(raw);
  const item = h('li', null, h('div', { class: 'field' },
    h('strong', null, name),
    h('span', { class: 'type' }, typeName(raw)),
    required && h('span', { class: 'tag must' }, 'required'),
    schema.deprecated && h('span', { class: 'tag' }, 'deprecated'),
    limits(schema)));
  if (schema.description) item.append(words(schema.description));
  if (nested(raw)) {
    const more = h('details', { open: depth < 1 }, h('summary', { class: 'quiet' }, `Inside ${name}`));
    item.append(lazily(more, () => fields(raw, depth + 1)));
  }
  return item;
}

function schemaView(raw) {
  const schema = resolve(raw);
  const head = h('div', { class: 'field' }, h('span', { class: 'type' }, typeName(raw)), limits(schema));
  return h('div', null, head, schema.description ? words(schema.description) : null, nested(raw) ? fields(raw, 0) : null);
}

// --- Examples -----------------------------------------------------------------------------------

const TEXTS = {
  'date-time': '2026-01-31T12:00:00Z', date: '2026-01-31', time: '12:00:00Z', duration: 'PT1H', email: 'someone@example.com',
  'idn-email': 'someone@example.com', password: 'a long enough secret',
  uuid: '0199f2a4-6f0c-7cc3-9d5e-1f8a4c0b7e21', uri: 'https://example.com/', ipv4: '192.0.2.1', ipv6: '2001:db8::1', hostname: 'example.com',
};

function example(raw, depth = 0) {
  const schema = resolve(raw);
  if (schema.example !== undefined) return schema.example;
  if (Array.isArray(schema.examples) && schema.examples.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (depth > 6) return null;
  const some = choices(schema);
  if (some) return example(some.find((choice) => resolve(choice).type !== 'null') || some[0], depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(part, depth + 1)));
  const type = types(schema).find((name) => name !== 'null') || (schema.properties ? 'object' : '');
  switch (type) {
    case 'object': {
      const out = {};
      const required = new Set(schema.required || []);
      for (const [name, own] of Object.entries(schema.properties || {})) {
        if (required.has(name) || depth < 2) out[name] = example(own, depth + 1);
      }
      return out;
    }
    case 'array':
      if (schema.prefixItems) return schema.prefixItems.map((item) => example(item, depth + 1));
      return Array.from({ length: Math.min(Math.max(schema.minItems || 0, schema.maxItems === 0 ? 0 : 1), 5) }, () => example(schema.items || true, depth + 1));
    case 'string': {
      const text = TEXTS[schema.format] || 'text';
      return text.padEnd(Math.min(schema.minLength || 0, 100), 'x').slice(0, schema.maxLength ?? 1000);
    }
    case 'integer':
    case 'number': {
      const low = schema.minimum ?? (schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : undefined);
      if (low > 0 || schema.maximum < 0) return low ?? schema.maximum;
      return schema.maximum === 0 ? 0 : Math.min(1, schema.maximum ?? 1);
    }
    case 'boolean': return false;
    case 'null': return null;
    default: return {};
  }
}

function mediaExample(content) {
  const named = content.examples && Object.values(content.examples)[0];
  if (named && resolve(named).value !== undefined) return resolve(named).value;
  return content.example !== undefined ? content.example : example(content.schema);
}

// --- Operations ---------------------------------------------------------------------------------

function operations() {
  const all = [];
  for (const [path, raw] of Object.entries(api.paths || {})) {
    const item = resolve(raw);
    for (const method of METHODS.filter((name) => item[name])) {
      const own = item[method];
      const parameters = [...(item.parameters || []), ...(own.parameters || [])].map(resolve);
      const id = own.operationId || `${method}-${path}`;
      all.push({ path, method, own, parameters, id, anchor: `op-${id.replace(/[^\w.-]/g, '-')}`, tag: (own.tags || [])[0] || '' });
    }
  }
  return all;
}

function badge(method) {
  return h('span', { class: `method m-${METHODS.includes(method) ? method : 'other'}` }, method.toUpperCase());
}

function article(op) {
  const { own } = op;
  const details = h('details', { class: own.deprecated ? 'op old' : 'op', id: op.anchor },
    h('summary', null, h('h3', null, badge(op.method), h('span', { class: 'path' }, op.path),
      h('span', { class: 'about' }, own.summary || '')),
    own.deprecated && h('span', { class: 'tag' }, 'deprecated'),
    own['x-permission'] && h('span', { class: 'tag permission' }, own['x-permission'])));
  return lazily(details, () => h('div', { class: 'inside' },
    own.description ? words(own.description) : null,
    h('p', { class: 'quiet' }, 'Operation ', h('code', null, op.id)),
    parametersView(op), bodyView(op), tryView(op), answersView(op)));
}

function section(title, ...children) {
  return h('section', null, h('h4', null, title), children);
}

function parametersView(op) {
  if (!op.parameters.length) return null;
  const list = op.parameters.map((parameter) => {
    const item = field(parameter.name, parameter.schema, parameter.required, 0);
    item.firstChild.append(h('span', { class: 'tag' }, `in ${parameter.in}`), parameter.deprecated ? h('span', { class: 'tag' }, 'deprecated') : '');
    if (parameter.description) {
      // What it means here says more than what its type means anywhere.
      item.querySelector(':scope > .words')?.remove();
      item.append(words(parameter.description));
    }
    return item;
  });
  return section('Parameters', h('ul', { class: 'fields' }, list));
}

function bodyView(op) {
  if (!op.own.requestBody) return null;
  const body = resolve(op.own.requestBody);
  const kinds = Object.entries(body.content || {}).map(([media, content]) => h('div', null,
    h('p', { class: 'quiet' }, h('code', null, media), body.required ? ' (required)' : ' (optional)'), schemaView(content.schema)));
  return section('Body', body.description ? words(body.description) : null, kinds);
}

function codesOf(content) {
  const code = resolve(content.schema).properties?.code || {};
  return code.enum || code.examples || [];
}

function answersView(op) {
  const list = Object.entries(op.own.responses || {}).map(([status, raw]) => {
    const answer = resolve(raw);
    const codes = Object.values(answer.content || {}).flatMap(codesOf);
    const good = /^[123]/.test(status);
    const summary = h('summary', null, h('span', { class: `status ${good ? 'ok' : 'refused'}` }, status),
      codes.length ? codes.map((code) => h('code', { class: 'tag' }, code)) : h('span', null, answer.description || ''));
    return lazily(h('details', { class: 'answer', open: good }, summary), () => h('div', null,
      codes.length ? words(answer.description) : null,
      Object.keys(answer.headers || {}).length ? h('ul', { class: 'fields' }, Object.entries(answer.headers).map(([name, header]) => {
        const item = field(name, resolve(header).schema, resolve(header).required, 0);
        item.firstChild.append(h('span', { class: 'tag' }, 'header'));
        if (resolve(header).description) item.append(words(resolve(header).description));
        return item;
      })) : null,
      Object.entries(answer.content || {}).map(([media, content]) => h('div', null,
        h('p', { class: 'quiet' }, h('code', null, media)), schemaView(content.schema),
        /json$/.test(media) ? h('pre', { tabindex: 0, 'aria-label': 'Example' }, JSON.stringify(mediaExample(content), null, 2)) : null))));
  });
  return section('Answers', list);
}

// --- Trying an operation out --------------------------------------------------------------------

function tryView(op) {
  const inputs = [];
  const grid = h('div', { class: 'inputs' });
  const add = (label, kind, name, input, required) => {
    input.id = `${op.anchor}-${kind}-${name}`.replace(/[^\w.-]/g, '-');
    if (required) input.setAttribute('aria-required', 'true');
    grid.append(h('label', { for: input.id }, label, required ? ' *' : ''), input);
    inputs.push({ kind, name, input, required });
  };
  for (const parameter of op.parameters) add(parameter.name, parameter.in, parameter.name, control(parameter.schema, parameter.required), parameter.required);
  const body = bodyInputs(op, add);
  const curl = h('pre', { tabindex: 0, 'aria-label': 'The same as a curl command' });
  const result = h('div', { role: 'status', 'aria-live': 'polite' });
  const answer = h('div');
  const show = () => { curl.textContent = curlLine(prepare(op, inputs, body)); };
  let running = null;
  const stop = h('button', { type: 'button', hidden: true, onclick: () => running && running.abort() }, 'Stop');
  const send = h('button', { type: 'submit', class: 'send' }, 'Send');
  const copy = h('button', { type: 'button', onclick: () => copyText(curl, copy) }, 'Copy curl');
  const form = h('form', {
    class: 'try', novalidate: true, oninput: show,
    onsubmit: async (event) => {
      event.preventDefault();
      if (running) return;
      const missing = inputs.find(({ required, input }) => required && !(input.files ? input.files.length : input.value));
      if (missing) {
        result.replaceChildren(h('p', { class: 'error' }, `${missing.name} is required.`));
        missing.input.focus();
        return;
      }
      running = new AbortController();
      stop.hidden = false;
      send.disabled = true;
      try {
        await perform(prepare(op, inputs, body), running.signal, result, answer);
      } finally {
        running = null;
        stop.hidden = true;
        send.disabled = false;
      }
    },
  }, grid.children.length ? grid : null, body.view, h('div', { class: 'row' }, send, stop, copy), curl, result, answer);
  document.addEventListener('credentials', show);
  show();
  return section('Try it', form);
}

function control(raw, required) {
  const schema = resolve(raw);
  const values = schema.enum || (types(schema).includes('boolean') ? ['true', 'false'] : null);
  if (values) {
    return h('select', null, required ? null : h('option', { value: '' }, '—'), values.map((value) => h('option', { value }, String(value))));
  }
  const given = schema.example ?? (Array.isArray(schema.examples) ? schema.examples[0] : undefined);
  const list = types(schema).includes('array');
  const input = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: list ? 'several, with commas between' : schema.default ?? typeName(raw) });
  if (required && given !== undefined) input.value = String(given);
  if (list) input.dataset.list = 'yes';
  return input;
}

function bodyInputs(op, add) {
  const content = op.own.requestBody && resolve(op.own.requestBody).content;
  if (!content) return { view: null };
  const names = Object.keys(content);
  const media = names.find((name) => /json$/.test(name)) || names[0];
  const schema = resolve(content[media].schema);
  if (media === 'multipart/form-data' || media === 'application/x-www-form-urlencoded') {
    for (const [name, raw] of Object.entries(schema.properties || {})) {
      const own = resolve(raw);
      const file = media.startsWith('multipart') && (own.format === 'binary' || own.contentMediaType || !types(own).length);
      add(name, 'form', name, file ? h('input', { type: 'file' }) : control(raw, (schema.required || []).includes(name)), (schema.required || []).includes(name));
    }
    if (!Object.keys(schema.properties || {}).length) add('file', 'form', 'file', h('input', { type: 'file' }), false);
    return { view: null, media };
  }
  const label = (input) => h('label', null, h('span', { class: 'quiet' }, 'Body, ', h('code', null, media)), input);
  if (/json$/.test(media) || media.startsWith('text/')) {
    const start = mediaExample(content[media]);
    const input = h('textarea', { spellcheck: 'false' });
    input.value = /json$/.test(media) ? JSON.stringify(start, null, 2) : String(start);
    return { view: label(input), media, text: input };
  }
  const input = h('input', { type: 'file' });
  return { view: label(input), media, file: input };
}

function serverUrl() {
  const url = (api.servers && api.servers[0] && api.servers[0].url) || '/';
  return new URL(url, new URL('openapi.json', document.baseURI)).href.replace(/\/$/, '');
}

function prepare(op, inputs, body) {
  let path = op.path;
  const query = [];
  const headers = new Headers();
  const form = [];
  for (const { kind, name, input } of inputs) {
    const value = input.value;
    if (kind === 'path') path = path.split(`{${name}}`).join(encodeURIComponent(value));
    else if (kind === 'form') {
      for (const file of input.files || []) form.push([name, file]);
      if (!input.files && value) form.push([name, value]);
    } else if (value === '') continue;
    else if (kind === 'query') {
      for (const one of input.dataset.list ? value.split(',').map((part) => part.trim()) : [value]) query.push(`${encodeURIComponent(name)}=${encodeURIComponent(one)}`);
    } else if (kind === 'header') put(headers, name, value);
  }
  authorize(op, headers);
  const request = { method: op.method.toUpperCase(), url: serverUrl() + path + (query.length ? `?${query.join('&')}` : ''), headers, form, media: body.media };
  if (body.media && body.media !== 'multipart/form-data') headers.set('content-type', body.media);
  if (body.text) request.body = body.text.value;
  else if (body.file) request.body = body.file.files[0];
  else if (body.media === 'application/x-www-form-urlencoded') request.body = new URLSearchParams(form).toString();
  else if (body.media) {
    request.body = new FormData();
    for (const [name, value] of form) request.body.append(name, value);
  }
  return request;
}

// A header that the browser refuses is left out rather than breaking the page.
function put(headers, name, value) {
  try { headers.set(name, value); } catch { /* not a header value */ }
}

function authorize(op, headers) {
  const needed = (op.own.security || api.security || []).flatMap((option) => Object.keys(option));
  for (const name of needed) {
    const scheme = api.components?.securitySchemes?.[name];
    const secret = credentials.get(name);
    if (!scheme || !secret) continue;
    if (scheme.type === 'http') put(headers, 'authorization', `Bearer ${secret}`);
    else if (scheme.in === 'header') put(headers, scheme.name, secret);
    return;
  }
}

function quoted(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}

function curlLine(request) {
  const parts = ['curl'];
  if (request.method !== 'GET') parts.push('-X', request.method);
  parts.push(quoted(request.url));
  for (const [name, value] of request.headers) parts.push('-H', quoted(`${name}: ${value}`));
  if (request.media === 'multipart/form-data') {
    for (const [name, value] of request.form) parts.push(value instanceof File ? '-F' : '--form-string', quoted(value instanceof File ? `${name}=@${value.name}` : `${name}=${value}`));
  } else if (request.body instanceof File) parts.push('--data-binary', quoted(`@${request.body.name}`));
  else if (typeof request.body === 'string') parts.push('--data-raw', quoted(request.body));
  return parts.join(' ');
}

async function perform(request, signal, result, answer) {
  result.replaceChildren(h('p', null, 'Sending …'));
  answer.replaceChildren();
  const started = performance.now();
  const milliseconds = () => `${Math.round(performance.now() - started)} ms`;
  try {
    const response = await fetch(request.url, { method: request.method, headers: request.headers, body: request.body, signal });
    const good = response.status < 400;
    const line = h('p', null, h('span', { class: `status ${good ? 'ok' : 'refused'}` }, `${response.status} ${response.statusText}`), ` in ${milliseconds()}`);
    result.replaceChildren(line);
    const headers = h('details', null, h('summary', null, 'Headers'), h('pre', { tabindex: 0 }, [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')));
    const view = h('pre', { tabindex: 0, 'aria-label': 'Body of the answer' });
    answer.replaceChildren(headers, view);
    await read(response, view);
    line.lastChild.textContent = ` in ${milliseconds()}`;
  } catch (error) {
    result.append(h('p', { class: 'error' }, signal.aborted ? `Stopped after ${milliseconds()}.` : `No answer: ${error.message}`));
  }
}

// Shows the body as it arrives, so that a stream of events can be watched.
async function read(response, view) {
  const media = response.headers.get('content-type') || '';
  const textual = /json|text|xml|javascript|urlencoded/.test(media);
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (const reader = response.body ? response.body.getReader() : null; reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (!textual) view.textContent = `${size} bytes of ${media || 'unknown type'}`;
    else if (size <= LONGEST_ANSWER) {
      text += decoder.decode(value, { stream: true });
      view.textContent = text;
    }
  }
  if (!size) view.textContent = '(no body)';
  if (size > LONGEST_ANSWER && textual) view.append(`\n… ${size} bytes in all`);
  else if (/json/.test(media) && text) {
    try { view.textContent = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  }
}

async function copyText(source, button) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = 'Copied';
  } catch {
    // Without leave to write to the clipboard the line is selected, to be copied by hand.
    getSelection().selectAllChildren(source);
    button.textContent = 'Selected';
  }
  setTimeout(() => { button.textContent = 'Copy curl'; }, 2000);
}

// --- The page -----------------------------------------------------------------------------------

function credentialsBox() {
  const schemes = Object.entries(api.components?.securitySchemes || {});
  const box = document.getElementById('auth-box');
  document.getElementById('auth').hidden = !schemes.length;
  for (const [name, scheme] of schemes) {
    if (scheme.in === 'cookie') {
      box.append(h('p', null, 'The cookie ', h('code', null, scheme.name), ' is sent by the browser when you are signed in.'));
      continue;
    }
    const title = scheme.type === 'http' ? 'Bearer token' : `API key (${scheme.name})`;
    const input = h('input', {
      type: 'password', autocomplete: 'off', id: `auth-${name.replace(/[^\w.-]/g, '-')}`,
      oninput: () => {
        credentials.set(name, input.value.trim());
        document.dispatchEvent(new Event('credentials'));
      },
    });
    box.append(h('label', { for: input.id }, title), input);
  }
  const panel = document.getElementById('auth');
  panel.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !panel.contains(event.relatedTarget)) panel.open = false;
  });
  box.append(h('p', null, 'Kept in the memory of this page only: a reload forgets it.'));
}

function groups(all) {
  const names = (api.tags || []).map((tag) => tag.name);
  for (const op of all) if (!names.includes(op.tag)) names.push(op.tag);
  return names.map((name) => ({ name, about: (api.tags || []).find((tag) => tag.name === name)?.description, ops: all.filter((op) => op.tag === name) }))
    .filter((group) => group.ops.length);
}

function haystack(op) {
  const problems = Object.values(op.own.responses || {}).map((raw) => refName(raw));
  return [op.path, op.method, op.id, op.tag, op.own.summary, op.own.description, op.own['x-permission'], op.parameters.map((parameter) => parameter.name), problems].flat().join(' ').toLowerCase();
}

function render() {
  const { info } = api;
  document.title = info.title;
  document.getElementById('title').textContent = info.title;
  document.getElementById('version').textContent = info.version;
  credentialsBox();
  const all = operations();
  const entries = [];
  const main = document.getElementById('content');
  const nav = document.getElementById('nav');
  const facts = [
    info.contact && h('a', { href: safeLink(info.contact.url), rel: 'noreferrer' }, info.contact.name || 'Contact'),
    info.license && h('span', null, info.license.name), h('a', { href: 'openapi.json' }, 'openapi.json')].filter(Boolean);
  main.replaceChildren(h('div', { class: 'intro' }, words(info.description), h('p', { class: 'row quiet' }, facts)));
  for (const group of groups(all)) {
    const list = h('ul');
    const links = [h('h2', null, group.name || 'Operations'), list];
    const box = h('section', { class: 'group' }, h('h2', null, group.name || 'Operations'), group.about ? words(group.about) : null);
    for (const op of group.ops) {
      const link = h('li', null, h('a', { href: `#${op.anchor}`, onclick: () => open(op.anchor) }, badge(op.method), h('span', null, op.own.summary || op.path)));
      const view = article(op);
      list.append(link);
      box.append(view);
      entries.push({ text: haystack(op), shown: [link, view], group: [box, ...links] });
    }
    nav.append(...links);
    main.append(box);
  }
  const schemas = Object.entries(api.components?.schemas || {});
  if (schemas.length) {
    main.append(h('section', { class: 'group' }, h('h2', null, 'Schemas'), schemas.map(([name, schema]) =>
      lazily(h('details', { class: 'schema', id: `schema-${name}` }, h('summary', null, h('span', { class: 'path' }, name))),
        () => h('div', { class: 'inside' }, schemaView(schema))))));
  }
  searching(entries);
  addEventListener('hashchange', () => open(location.hash.slice(1)));
  open(location.hash.slice(1));
}

function safeLink(url) {
  return /^(https?:|mailto:)/.test(url || '') ? url : undefined;
}

function open(anchor) {
  const target = anchor && document.getElementById(anchor);
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView({ block: 'start' });
  }
}

function searching(entries) {
  const input = document.getElementById('search');
  const found = document.getElementById('found');
  const filter = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groupsShown = new Set();
    let count = 0;
    for (const { text, shown, group } of entries) {
      const hit = wanted.every((word) => text.includes(word));
      shown.forEach((element) => { element.hidden = !hit; });
      if (hit) { count += 1; group.forEach((element) => groupsShown.add(element)); }
    }
    for (const { group } of entries) group.forEach((element) => { element.hidden = !groupsShown.has(element); });
    found.textContent = wanted.length ? `${count} of ${entries.length}` : '';
  };
  input.addEventListener('input', filter);
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    } else if (event.key === 'Escape') {
      const box = document.getElementById('auth');
      if (event.target === input) { input.value = ''; filter(); }
      else if (box.open) { box.open = false; box.querySelector('summary').focus(); }
    }
  });
}

async function start() {
  try {
    const response = await fetch('openapi.json');
    if (!response.ok) throw new Error(`the service answered ${response.status}`);
    api = await response.json();
    render();
  } catch (error) {
    document.getElementById('content').replaceChildren(h('p', { class: 'error', role: 'alert' }, `The document cannot be shown: ${error.message}`));
  }
}

start();
