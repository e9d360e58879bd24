/** An image FROM scratch as a file, in the form `docker save` writes: for runtimes that cannot build. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { upbeat } from './upbeat.ts';

export const scratchImage = 'localhost/porthole-upbeat:latest';

/** Nothing in it but the static program, which idles when it is told nothing else: a pause image too. */
export function writeScratchImage(directory: string): string {
  const place = join(directory, 'image');
  mkdirSync(join(place, 'root'), { recursive: true });
  copyFileSync(upbeat(), join(place, 'root', 'upbeat'));
  execFileSync('tar', ['-C', join(place, 'root'), '-cf', join(place, 'layer.tar'), 'upbeat']);
  const digest = createHash('sha256')
    .update(readFileSync(join(place, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64'] ?? process.arch,
    os: 'linux',
    config: { Entrypoint: ['/upbeat'], Cmd: ['idle'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created: '2020-01-01T00:00:00Z', created_by: 'tar' }],
  };
  writeFileSync(join(place, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [scratchImage], Layers: ['layer.tar'] }];
  writeFileSync(join(place, 'manifest.json'), JSON.stringify(manifest));
  const path = join(directory, 'image.tar');
  execFileSync('tar', ['-C', place, '-cf', path, 'manifest.json', 'config.json', 'layer.tar']);
  return path;
}
