'use strict';
// A registry on this machine, with the packages of a folder, as npm finds them once they are published.
//
//     node registry.js FOLDER COMMAND...      runs the command with its address; ends with it
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const [folder, ...command] = process.argv.slice(2);
const packages = new Map();
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))) {
  const manifest = execFileSync('tar', ['-xOzf', path.join(folder, file), 'package/package.json'], { encoding: 'utf8' });
  const { name, version, ...rest } = JSON.parse(manifest);
  packages.set(name, { file, manifest: { name, version, ...rest } });
}

const server = http.createServer(({ url, headers }, response) => {
  const asked = decodeURIComponent(url.slice(1));
  if (asked.endsWith('.tgz')) return response.end(fs.readFileSync(path.join(folder, path.basename(asked))));
  const found = packages.get(asked);
  if (!found) return response.writeHead(404).end('{}');
  const { file, manifest } = found;
  const { name, version } = manifest;
  const dist = { tarball: `http://${headers.host}/${file}` };
  const versions = { [version]: { ...manifest, dist } };
  response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
});

server.listen(0, '127.0.0.1', () => {
  const npm_config_registry = `http://127.0.0.1:${server.address().port}`;
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, npm_config_registry } });
  child.on('exit', (status, signal) => process.exit(signal ? 1 : status));
});
