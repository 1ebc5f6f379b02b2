/** The way to a broker: its address, and why it would not have us. */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { LabError } from './errors.ts';

/** How to open the stream to a broker; throws EINVAL for an address that is none. */
export const opener = (url: string) => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['mqtt:', 'mqtts:'].includes(parsed.protocol) || parsed.hostname === '')
    throw new LabError('EINVAL', `${JSON.stringify(url)} is no broker; it takes mqtt://host:port or mqtts://host:port`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new LabError(
      'EINVAL',
      `the address of the broker at ${parsed.host} has a name or password in it, which every process list would show: log in as user ferrolab, with --token as the password`,
    );
  const tls = parsed.protocol === 'mqtts:';
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const port = Number(parsed.port) || (tls ? 8883 : 1883);
  return () => (tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port }));
};

/** Resolves when the broker has let us in; rejects with what it or the network says, as a LabError. */
export const connected = (mqtt: MqttClient, where: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      mqtt.off('connect', done).off('error', failed).off('close', closed);
      mqtt.on('error', () => {}); // the close that follows tells all
    };
    const done = (): void => {
      stop();
      resolve();
    };
    const failed = (error: Error): void => {
      stop();
      reject(refusal(error, where));
    };
    const closed = (): void => failed(new Error('it closed the connection'));
    mqtt.on('connect', done).on('error', failed).on('close', closed);
  });

/** The CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const refusal = (error: Error & { code?: unknown }, where: string): LabError => {
  switch (error.code) {
    case 2:
      return new LabError('EINVAL', `the broker at ${where} does not take this client id`, { cause: error });
    case 4:
    case 5:
      return new LabError('EACCES', `the broker at ${where} refuses us: token missing or wrong, or not allowed`, {
        cause: error,
      });
    default:
      return new LabError('ENODEV', `no broker at ${where}: ${String(error.code ?? error.message)}`, { cause: error });
  }
};
