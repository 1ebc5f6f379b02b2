/** One attribute: name, unit, and a field where a write is let in now. */
import { type ReactElement, useId } from 'react';
import type { AttributeView } from '#regmap/attributes.ts';
import { Icon } from '../ui/icon.tsx';

export const AttributeRow = (props: {
  readonly attribute: AttributeView;
  readonly typed: string | undefined;
  readonly wrong: string | undefined;
  readonly onType: (text: string) => void;
  readonly onLook: (name: string) => void;
}): ReactElement => {
  const { attribute, typed, wrong, onType, onLook } = props;
  const { name, value, unit, live, writable, access, reason } = attribute;
  const id = useId();
  const text = typed ?? value ?? '';
  const look = (): void => onLook(name);
  return (
    <div
      className="attribute"
      data-changed={(typed !== undefined && typed !== (value ?? '')) || undefined}
      data-set={(value !== null && value !== attribute.default) || undefined}
      onPointerEnter={look}
    >
      <label htmlFor={id} className="mono">
        {name}
      </label>
      <span className="dim">{unit}</span>
      {live && <span className="ok attribute-live">live</span>}
      {writable ? (
        <input
          id={id}
          className="field"
          value={text}
          placeholder={access === 'wo' ? unit || 'write only' : ''}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-doc`}
          onFocus={look}
          onChange={(event) => onType(event.target.value)}
        />
      ) : (
        <output id={id} className="field locked" title={reason} aria-describedby={`${id}-doc`}>
          <span>{value ?? ''}</span>
          <Icon name="locked" />
        </output>
      )}
      <span id={`${id}-doc`} className="unseen">
        {attribute.doc}; {attribute.range}
        {writable ? '' : `; ${reason}`}
      </span>
      {wrong !== undefined && (
        <p className="refused" role="alert">
          <Icon name="triangle" />
          {wrong}
        </p>
      )}
    </div>
  );
};
