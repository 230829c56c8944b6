// SPDX-License-Identifier: GPL-3.0-or-later
// A label with an explanation on the left, controls on the right; stacked when narrow.
import QtQuick
import QtQuick.Layouts
import Greylag

GridLayout {
    id: root

    property string label
    property string note
    default property alias content: holder.data

    // Wide until it has a width: Qt 6.4 keeps the old rows when the columns change while it lays out.
    columns: width > 560 || width === 0 ? 2 : 1
    columnSpacing: Theme.xl
    rowSpacing: Theme.xs + 2

    ColumnLayout {
        Layout.fillWidth: true
        Layout.alignment: Qt.AlignVCenter
        spacing: 1

        Body {
            Layout.fillWidth: true
            text: root.label
            font.weight: Font.Medium
        }
        Body {
            Layout.fillWidth: true
            visible: root.note !== ""
            muted: true
            small: true
            text: root.note
        }
    }
    RowLayout {
        id: holder

        Layout.fillWidth: false
        Layout.alignment: root.columns === 2 ? Qt.AlignRight | Qt.AlignVCenter : Qt.AlignLeft
        Layout.maximumWidth: root.columns === 2 ? root.width * 0.55 : root.width
        spacing: Theme.s
    }
}
