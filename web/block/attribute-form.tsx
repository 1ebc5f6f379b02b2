/** The attributes as configfs has them: the kernel's names, live ones as fields, the others cut in while it is powered. */
import { type ReactElement, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import { api, sentenceOf } from '../api.ts';
import { Button, CommandButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { AttributeRow } from './attribute-row.tsx';
import { useAttributes } from './use-attributes.ts';

type Texts = Readonly<Record<string, string>>;

export const AttributeForm = ({ device, panel }: { device: DeviceView; panel: BlockPanel }): ReactElement => {
  const { attributes, refresh, refused } = useAttributes(device.name);
  const [typed, setTyped] = useState<Texts>({});
  const [wrong, setWrong] = useState<Texts>({});
  const [busy, setBusy] = useState(false);
  const [looked, look] = useState<string>('power');
  const changes = changesOf(attributes, typed);
  const write = async (): Promise<void> => {
    setBusy(true);
    const { left, errors } = await writeOneByOne(device.name, changes);
    setTyped(left);
    setWrong(errors);
    setBusy(false);
    refresh();
  };
  const discard = (): void => {
    setTyped({});
    setWrong({});
  };
  return (
    <form
      className="faceplate block-attributes"
      aria-label="Attributes"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void write();
      }}
    >
      <header className="head">
        <h2>
          Attributes<small className="mono">config/{panel.personality}</small>
        </h2>
        <span className="at-end power-value mono">power {panel.power ? 1 : 0}</span>
      </header>
      <PowerLine device={device.name} on={panel.power} onDone={refresh} />
      <div className="attribute-rows">
        {attributes
          .filter(({ name }) => name !== 'power')
          .map((attribute) => (
            <AttributeRow
              key={attribute.name}
              attribute={attribute}
              typed={typed[attribute.name]}
              wrong={wrong[attribute.name]}
              onLook={look}
              onType={(text) => {
                setTyped({ ...typed, [attribute.name]: text });
                setWrong(without(wrong, attribute.name));
              }}
            />
          ))}
        {attributes.length === 0 && <p className="dim">{refused ?? 'Reading the attributes'}</p>}
      </div>
      <AboutOne attribute={attributes.find(({ name }) => name === looked)} />
      <footer className="rail">
        <span className="mid">{changeWords(Object.keys(changes).length, Object.keys(wrong).length)}</span>
        <Button look="quiet" className="at-end" disabled={Object.keys(typed).length === 0} onClick={discard}>
          Discard
        </Button>
        <Button look="primary" type="submit" disabled={busy || Object.keys(changes).length === 0}>
          Write
        </Button>
      </footer>
    </form>
  );
};

const PowerLine = (props: { device: string; on: boolean; onDone: () => void }): ReactElement => {
  const { device, on, onDone } = props;
  return (
    <div className="power-line">
      <Icon name={on ? 'locked' : 'unlocked'} />
      <span>{on ? 'Powered: locked attributes answer EBUSY' : 'Powered off: every attribute may be written'}</span>
      <CommandButton
        look={on ? 'plain' : 'primary'}
        command={() => api.writeAttributes(device, { power: on ? '0' : '1' })}
        onDone={onDone}
      >
        {on ? 'Power off to edit' : 'Power on'}
      </CommandButton>
    </div>
  );
};

/** Always in its place, so that nothing moves when another is looked at. */
const AboutOne = ({ attribute }: { attribute: AttributeView | undefined }): ReactElement => (
  <div className="attribute-about" aria-live="off">
    {attribute !== undefined && (
      <>
        <p>
          <b className="mono">{attribute.name}</b> {attribute.doc}
        </p>
        <p className="dim">
          {attribute.access === 'wo'
            ? 'write only, '
            : `default ${attribute.default === '' ? 'empty' : attribute.default}${attribute.unit === '' ? '' : ` ${attribute.unit}`}, `}
          {attribute.range}
          {attribute.live ? ', also while powered' : ''}
        </p>
      </>
    )}
  </div>
);

const changesOf = (attributes: readonly AttributeView[], typed: Texts): Texts =>
  Object.fromEntries(
    Object.entries(typed).filter(([name, text]) => {
      const known = attributes.find((attribute) => attribute.name === name);
      return known !== undefined && text !== (known.value ?? '');
    }),
  );

/** Each on its own, so that one that is refused keeps its reason and the others are written. */
const writeOneByOne = async (device: string, changes: Texts): Promise<{ left: Texts; errors: Texts }> => {
  const left: Record<string, string> = {};
  const errors: Record<string, string> = {};
  for (const [name, text] of Object.entries(changes))
    try {
      await api.writeAttributes(device, { [name]: text });
    } catch (thrown) {
      left[name] = text;
      errors[name] = sentenceOf(thrown);
    }
  return { left, errors };
};

const changeWords = (changes: number, wrong: number): string => {
  if (changes === 0) return 'no change';
  return `${changes} ${changes === 1 ? 'change' : 'changes'}${wrong === 0 ? '' : `, ${wrong} refused`}`;
};

const without = (texts: Texts, name: string): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([known]) => known !== name));
