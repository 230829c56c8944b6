// SPDX-License-Identifier: GPL-3.0-or-later
// What is inside a model file, read from its header without loading it.
import QtQuick
import QtQuick.Layouts
import Greylag

AppDialog {
    id: root

    required property ModelLibrary library

    title: library.inspectedName
    maximumWidth: 560
    buttons: [
        AppButton {
            text: qsTr("Close")
            onClicked: root.accept()
        }
    ]

    ColumnLayout {
        width: root.availableWidth
        spacing: Theme.s

        RowLayout {
            visible: root.library.inspection.length === 0 && root.library.inspectionProblem === ""
            spacing: Theme.s

            Spinner {}
            Body {
                muted: true
                text: qsTr("Reading the file's header…")
            }
        }
        Banner {
            Layout.fillWidth: true
            visible: root.library.inspectionProblem !== ""
            kind: "warm"
            text: root.library.inspectionProblem
        }
        FactTable {
            Layout.fillWidth: true
            rows: root.library.inspection
        }
    }
}
