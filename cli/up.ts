/** `up`: the options of starting a lab. */
import type { Command } from 'commander';
import type { UpOptions } from './up-lab.ts';

export const addUp = (program: Command): void => {
  program
    .command('up')
    .description('start a lab: broker, bench, drivers, dashboard')
    .option('--bench <file>', 'which devices (YAML); without it a PHY with its link, a disk and a display')
    .option('--broker <url>', 'use an MQTT broker that runs already, mqtt://host:port')
    .option('--host <address>', 'address to listen on; any but loopback needs --token', '127.0.0.1')
    .option('--http <port>', 'port of the dashboard and the API; 0 takes a free one', '8025')
    .option('--mqtt <port>', 'port of the embedded broker; 0 takes a free one', '1883')
    .option('--nbd <port>', 'port of the block devices for NBD clients; 0 takes a free one (default: 10809)')
    .option('--nbd-unix <path>', 'unix socket of the block devices for NBD clients')
    .option('--nbd-cert <file>', 'certificate (PEM): NBD clients may use TLS; with --nbd-key')
    .option('--nbd-key <file>', 'key of the certificate (PEM)')
    .option('--nbd-ca <file>', "authority (PEM) of the NBD clients' certificates: they must show one")
    .option('--nbd-tls-only', 'serve nothing to NBD clients without TLS')
    .option('--vnc <port>', 'port of the first display for VNC viewers; 0 takes a free one (default: 5900)')
    .option('--no-vnc', 'no VNC')
    .option('--name <lab>', "the lab's name on the bus", 'lab')
    .option('--seed <number>', 'seed of all chance in the lab', '1')
    .option('--history <file>', 'where runs are kept across restarts, or off (default: your state directory)')
    .option('--token <token>', 'ask for this token everywhere (or FERROLAB_TOKEN)', process.env.FERROLAB_TOKEN)
    .option('--publish-trace', 'say every access on the bus too, in batches')
    .option('--no-drivers', 'leave the devices without drivers')
    .option('--log <level>', 'fatal, error, warn, info, debug or silent', 'warn')
    .option('--json', 'print the addresses as JSON')
    .addHelpText('after', '\nExample: ferrolab up --http 0 --mqtt 0 --bench bench.yaml')
    .action(async (options: UpOptions) => (await import('./up-lab.ts')).up(options));
};
