// SPDX-License-Identifier: GPL-3.0-or-later
// Every problem of the data with its line, and what is to happen with bad rows.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property TrainForm form
    readonly property DataCheck result: form.check
    property bool isLong: false
    readonly property int shortCount: 12

    title: [result.fatalCount > 0 ? qsTr("%n bad row(s)", "", result.fatalCount) : "",
            result.warningCount > 0 ? qsTr("%n warning(s)", "", result.warningCount) : ""]
           .filter(part => part !== "").join(", ")
    spacing: Theme.s

    AppCheckBox {
        Layout.fillWidth: true
        visible: root.result.fatalCount > 0 && root.result.usableRows > 0
        text: qsTr("Skip bad rows and learn from the other %1")
              .arg(Number(root.result.usableRows).toLocaleString(Qt.locale(), "f", 0))
        checked: root.form.skipBadRows
        onToggled: root.form.skipBadRows = checked
    }
    Body {
        Layout.fillWidth: true
        small: true
        muted: true
        text: root.result.countText
    }
    Repeater {
        model: root.result.problems

        RowLayout {
            id: row

            required property int index
            required property string line
            required property string kind
            required property string message
            required property bool isFatal

            Layout.fillWidth: true
            visible: root.isLong || index < root.shortCount
            spacing: Theme.m
            Accessible.role: Accessible.ListItem
            Accessible.name: lineLabel.text + ", " + kind + ", " + message

            Body {
                id: lineLabel

                Layout.preferredWidth: 76
                Layout.alignment: Qt.AlignTop
                small: true
                muted: true
                text: qsTr("line %1").arg(row.line)
            }
            Badge {
                Layout.alignment: Qt.AlignTop
                text: row.kind
                kind: row.isFatal ? "bad" : "warm"
                iconName: row.isFatal ? "close" : "alert"
            }
            Body {
                Layout.fillWidth: true
                small: true
                text: row.message
            }
        }
    }
    AppButton {
        visible: root.result.shownCount > root.shortCount
        compact: true
        kind: "quiet"
        text: root.isLong ? qsTr("Show fewer")
                          : root.result.shownCount < root.result.fatalCount + root.result.warningCount
                            ? qsTr("Show the first %1").arg(root.result.shownCount)
                            : qsTr("Show all %1").arg(root.result.shownCount)
        onClicked: root.isLong = !root.isLong
    }
}
