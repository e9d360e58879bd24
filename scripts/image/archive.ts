/**
 * An archive of images, as `docker load` and `ctr images import` read it: an OCI image layout (image-spec,
 * image-layout.md), and beside it the list that Docker's older releases look for.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Layer {
  /** SHA-256 of the archive before it was compressed. */
  readonly diffId: string;
  readonly descriptor: Descriptor;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: object;
  readonly annotations?: object;
}

const media = (kind: string) => `application/vnd.oci.image.${kind}`;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Order, owners, times and modes fixed: what is in it says what its digest is. */
function tar(directory: string, into: string): void {
  execFileSync('tar', [
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=go=rX,u+rw,a-s'],
    ...['-C', directory, '-cf', into, ...readdirSync(directory).sort()],
  ]);
}

export class Archive {
  readonly #place: string;
  readonly #images: { readonly manifest: Descriptor; readonly docker: object }[] = [];

  /** @param work an empty directory */
  constructor(work: string) {
    this.#place = join(work, 'archive');
    mkdirSync(join(this.#place, 'blobs/sha256'), { recursive: true });
  }

  layer(directory: string): Layer {
    const plain = `${directory}.tar`;
    tar(directory, plain);
    const bytes = readFileSync(plain);
    rmSync(plain);
    return {
      diffId: `sha256:${sha256(bytes)}`,
      descriptor: this.#blob(media('layer.v1.tar+gzip'), gzipSync(bytes)),
    };
  }

  /** @param config of the image, without its file systems */
  add(
    name: string,
    layers: readonly Layer[],
    config: { readonly architecture: string; readonly os: string },
  ): void {
    const { architecture, os } = config;
    const configured = this.#json(media('config.v1+json'), {
      ...config,
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'porthole' })),
    });
    const manifest = this.#json(media('manifest.v1+json'), {
      schemaVersion: 2,
      mediaType: media('manifest.v1+json'),
      config: configured,
      layers: layers.map(({ descriptor }) => descriptor),
    });
    this.#images.push({
      manifest: { ...manifest, platform: { architecture, os } },
      docker: {
        Config: pathOf(configured),
        RepoTags: [name],
        Layers: layers.map(({ descriptor }) => pathOf(descriptor)),
      },
    });
  }

  /** Images of several processors are one, of which a node takes its own. */
  write(name: string, file: string): void {
    const manifests = this.#images.map(({ manifest }) => manifest);
    const whole =
      manifests.length === 1
        ? manifests[0]!
        : this.#json(media('index.v1+json'), {
            schemaVersion: 2,
            mediaType: media('index.v1+json'),
            manifests,
          });
    const annotations = {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.replace(/.*:/, ''),
    };
    const put = (path: string, value: object) =>
      writeFileSync(join(this.#place, path), JSON.stringify(value));
    put('oci-layout', { imageLayoutVersion: '1.0.0' });
    put('index.json', {
      schemaVersion: 2,
      mediaType: media('index.v1+json'),
      manifests: [{ ...whole, annotations }],
    });
    // It knows one image by a name.
    put('manifest.json', [this.#images[0]!.docker]);
    tar(this.#place, file);
  }

  #json(mediaType: string, value: object): Descriptor {
    return this.#blob(mediaType, Buffer.from(JSON.stringify(value)));
  }

  #blob(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = sha256(bytes);
    writeFileSync(join(this.#place, 'blobs/sha256', digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  }
}

const pathOf = ({ digest }: Descriptor) => `blobs/${digest.replace(':', '/')}`;
