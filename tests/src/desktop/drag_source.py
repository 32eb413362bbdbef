"""A window from which files are dragged, as from a file manager: drag_source.py TITLE PATH..."""

import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

title, *paths = sys.argv[1:]
uris = [pathlib.Path(path).as_uri() for path in paths]
window = Gtk.Window(title=title, default_width=160, default_height=120)
files = Gtk.Button(label="drag me")
files.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
files.drag_source_add_uri_targets()
files.connect("drag-data-get", lambda _widget, _drag, data, _info, _time: data.set_uris(uris))
window.connect("destroy", Gtk.main_quit)
window.add(files)
window.show_all()
Gtk.main()
