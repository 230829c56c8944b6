// SPDX-License-Identifier: GPL-3.0-or-later
// A label with an explanation on the left, controls on the right; stacked when narrow. `problem`
// stands in the explanation's place.
import QtQuick
import QtQuick.Layouts
import Greylag

// Placed by hand: a GridLayout of Qt 6.4 that changes its columns while it is laid out keeps the
// places of the old ones.
Item {
    id: root

    property string label
    property string note
    property string problem
    default property alias content: holder.data
    readonly property bool isStacked: width < 560
    readonly property real holderWidth: Math.min(holder.implicitWidth,
                                                 isStacked ? width : width * 0.55)

    implicitHeight: isStacked ? words.implicitHeight + Theme.xs + 2 + holder.implicitHeight
                              : Math.max(words.implicitHeight, holder.implicitHeight)

    ColumnLayout {
        id: words

        y: root.isStacked ? 0 : (root.height - height) / 2
        width: root.isStacked ? root.width : root.width - root.holderWidth - Theme.xl
        spacing: 1

        Body {
            Layout.fillWidth: true
            text: root.label
            font.weight: Font.Medium
        }
        Body {
            Layout.fillWidth: true
            visible: text !== ""
            muted: root.problem === ""
            color: root.problem !== "" ? Theme.bad : Theme.textMuted
            small: true
            text: root.problem !== "" ? root.problem : root.note
        }
    }
    RowLayout {
        id: holder

        x: root.isStacked ? 0 : root.width - width
        y: root.isStacked ? words.height + Theme.xs + 2 : (root.height - height) / 2
        width: root.holderWidth
        spacing: Theme.s
    }
}
