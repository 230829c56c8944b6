// SPDX-License-Identifier: GPL-3.0-or-later
// Shows what Toaster is told, one at a time, at the lower edge.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: root

    property var action: null
    property string actionText
    property bool isError: false

    anchors.horizontalCenter: parent ? parent.horizontalCenter : undefined
    anchors.bottom: parent ? parent.bottom : undefined
    anchors.bottomMargin: Theme.xl
    width: box.width
    height: box.height
    visible: opacity > 0
    opacity: 0
    z: 100

    Behavior on opacity { NumberAnimation { duration: Theme.quick } }

    Connections {
        target: Toaster

        function onShown(text: string, actionText: string, action: var, isError: bool) {
            message.text = text;
            root.actionText = actionText;
            root.action = action;
            root.isError = isError;
            root.opacity = 1;
            timer.restart();
        }
    }
    Timer {
        id: timer

        interval: root.actionText !== "" || root.isError ? 8000 : 3500
        onTriggered: root.opacity = 0
    }
    Rectangle {
        id: box

        width: row.implicitWidth + 2 * Theme.l
        height: row.implicitHeight + Theme.m + 6
        radius: Theme.radius
        color: Theme.isDark ? "#35404b" : "#262d35"
        Accessible.role: Accessible.AlertMessage
        Accessible.name: message.text

        RowLayout {
            id: row

            anchors.centerIn: parent
            spacing: Theme.m

            Icon {
                name: root.isError ? "alert" : "info"
                color: root.isError ? "#f3a29c" : "#9fd3e0"
            }
            Text {
                id: message

                Layout.maximumWidth: 520
                color: "#ffffff"
                font.family: Theme.family
                font.pixelSize: Theme.textBody
                wrapMode: Text.Wrap
                textFormat: Text.PlainText
                renderType: Text.NativeRendering
            }
            AppButton {
                visible: root.actionText !== ""
                compact: true
                text: root.actionText
                onClicked: {
                    root.opacity = 0;
                    const action = root.action;
                    if (action)
                        action();
                }
            }
        }
    }
}
