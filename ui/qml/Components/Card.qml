// SPDX-License-Identifier: GPL-3.0-or-later
// A surface that groups things that belong together. Children go into a column.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    property string title
    property string note
    property int padding: Theme.l + 2
    property alias spacing: column.spacing
    default property alias content: column.data

    implicitWidth: column.implicitWidth + 2 * padding
    implicitHeight: column.implicitHeight + 2 * padding
    radius: Theme.radiusLarge
    color: Theme.surface
    border.width: 1
    border.color: Theme.border

    ColumnLayout {
        id: column

        anchors.fill: parent
        anchors.margins: root.padding
        spacing: Theme.m

        Heading {
            Layout.fillWidth: true
            visible: root.title !== ""
            level: 3
            text: root.title
        }
        Body {
            Layout.fillWidth: true
            Layout.topMargin: -Theme.s
            visible: root.note !== ""
            muted: true
            small: true
            text: root.note
        }
    }
}
