/** What a right click on a cell offers: only these, all but these, copy. */
import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';

export interface MenuPlace {
  readonly x: number;
  readonly y: number;
  readonly clause: string | null;
  readonly copy: string;
}

export const CellMenu = ({
  place,
  onFilter,
  onClose,
}: {
  place: MenuPlace;
  onFilter: (clause: string) => void;
  onClose: () => void;
}): ReactElement => {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = menu.current;
    if (element === null) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.min(place.x, innerWidth - width - 8)}px`;
    element.style.top = `${Math.min(place.y, innerHeight - height - 8)}px`;
    element.querySelector('button')?.focus();
  }, [place]);
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
    const entries = [...(menu.current?.querySelectorAll('button') ?? [])];
    const at = entries.findIndex((entry) => entry.matches(':focus'));
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (move === 0) return;
    entries[(at + move + entries.length) % entries.length]?.focus();
    event.preventDefault();
  };
  const { clause, copy } = place;
  return (
    <div
      className="popup cell-menu"
      role="menu"
      aria-label="Filter by this cell"
      ref={menu}
      onKeyDown={press}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) onClose();
      }}
    >
      {clause !== null && (
        <>
          <button type="button" role="menuitem" onClick={() => onFilter(clause)}>
            Only <span className="mono">{clause}</span>
          </button>
          <button type="button" role="menuitem" onClick={() => onFilter(`!(${clause})`)}>
            Without <span className="mono">{clause}</span>
          </button>
        </>
      )}
      <button
        type="button"
        role="menuitem"
        onClick={() => {
          void navigator.clipboard?.writeText(copy);
          onClose();
        }}
      >
        Copy <span className="mono">{copy}</span>
      </button>
    </div>
  );
};
