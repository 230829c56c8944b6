// SPDX-License-Identifier: GPL-3.0-or-later
// A short message at the lower edge, with at most one action: Toaster.show(text), or
// Toaster.offer(text, qsTr("Undo"), function() {…}).
pragma Singleton
import QtQuick

QtObject {
    id: toaster

    signal shown(string text, string actionText, var action, bool isError)

    function show(text: string) {
        toaster.shown(text, "", null, false);
    }
    function fail(text: string) {
        toaster.shown(text, "", null, true);
    }
    function offer(text: string, actionText: string, action: var) {
        toaster.shown(text, actionText, action, false);
    }
}
