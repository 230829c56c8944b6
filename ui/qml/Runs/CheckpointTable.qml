// SPDX-License-Identifier: GPL-3.0-or-later
// The saved checkpoints of a run, and what can be made of one.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property RunView view
    readonly property bool isFull: view.method === "full"

    signal mergeRequested(real step)

    function chat(step: real) {
        Navigator.go("chat", {isNew: true, model: root.view.baseModel,
                              adapter: root.view.adapterId(step)});
    }

    title: qsTr("Checkpoints")
    note: view.checkpointNote
    spacing: Theme.s

    Repeater {
        model: root.view.checkpoints

        Item {
            id: entry

            required property int index
            required property real step
            required property string validation
            required property bool isBest
            required property string sizeText

            Layout.fillWidth: true
            implicitHeight: row.implicitHeight + 2 * Theme.xs
            Accessible.role: Accessible.ListItem
            Accessible.name: stepLabel.text + ", " + validationLabel.text + ", " + sizeText

            Divider {
                width: parent.width
                visible: entry.index > 0
            }
            RowLayout {
                id: row

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                spacing: Theme.m

                Body {
                    id: stepLabel

                    Layout.preferredWidth: 90
                    font.weight: Font.Medium
                    text: qsTr("Step %1").arg(Number(entry.step).toLocaleString(Qt.locale(), "f", 0))
                }
                Body {
                    id: validationLabel

                    Layout.fillWidth: true
                    elide: Text.ElideRight
                    wrapMode: Text.NoWrap
                    muted: true
                    small: true
                    text: entry.validation === "" ? qsTr("not validated")
                                                  : qsTr("validation loss %1").arg(entry.validation)
                }
                Badge {
                    visible: entry.isBest
                    text: qsTr("best")
                    kind: "good"
                    iconName: "check"
                }
                Body {
                    small: true
                    muted: true
                    text: entry.sizeText
                }
                AppButton {
                    visible: root.view.canChat
                    compact: true
                    iconName: "chat"
                    text: qsTr("Chat with it")
                    Accessible.name: qsTr("Chat with the checkpoint of step %1").arg(entry.step)
                    onClicked: root.chat(entry.step)
                }
                AppButton {
                    visible: root.view.canMerge
                    compact: true
                    iconName: root.isFull ? "download" : "merge"
                    text: root.isFull ? qsTr("Install as a model…") : qsTr("Merge…")
                    Accessible.name: root.isFull
                        ? qsTr("Install the checkpoint of step %1 as a model").arg(entry.step)
                        : qsTr("Merge the checkpoint of step %1 into a model").arg(entry.step)
                    onClicked: root.mergeRequested(entry.step)
                }
            }
        }
    }
}
