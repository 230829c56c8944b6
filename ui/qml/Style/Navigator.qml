// SPDX-License-Identifier: GPL-3.0-or-later
// Which page is shown, and with which wish does one page open another? `Navigator.go("runs",
// {run: id})`: the page finds the wish in `wish` when `wishChanged` fires or when it is created,
// and takes it with take(). Page names: home chat reason models train runs server
// settings.
pragma Singleton
import QtQuick

QtObject {
    id: navigator

    property string page: "home"
    property var wish: null
    property string wishPage: ""

    function go(name: string, wish: var) {
        navigator.wishPage = name;
        navigator.wish = wish === undefined ? null : wish;
        navigator.page = name;
    }

    // The wish for a page, once; null when there is none.
    function take(name: string): var {
        if (navigator.wishPage !== name || navigator.wish === null)
            return null;
        const taken = navigator.wish;
        navigator.wish = null;
        return taken;
    }
}
