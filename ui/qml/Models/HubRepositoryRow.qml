// SPDX-License-Identifier: GPL-3.0-or-later
// One repository that was found; a click opens it.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    required property string repositoryId
    required property string detail

    implicitHeight: implicitContentHeight + 2 * Theme.s
    padding: Theme.s
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Button
    Accessible.name: qsTr("Open %1, %2").arg(repositoryId).arg(detail)
    Keys.onReturnPressed: clicked()

    contentItem: RowLayout {
        spacing: Theme.s

        Body {
            Layout.fillWidth: true
            text: root.repositoryId
            font.weight: Font.Medium
            elide: Text.ElideMiddle
            wrapMode: Text.NoWrap
        }
        Body {
            muted: true
            small: true
            wrapMode: Text.NoWrap
            text: root.detail
        }
        Icon {
            name: "chevron-right"
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.hovered || root.activeFocus ? Theme.subtle : "transparent"

        FocusRing {
            visible: root.visualFocus
        }
    }
}
