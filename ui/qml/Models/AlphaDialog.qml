// SPDX-License-Identifier: GPL-3.0-or-later
// Asks what alpha a LoRA was trained with, for a file that does not say.
import QtQuick
import QtQuick.Layouts
import Greylag

AppDialog {
    id: root

    required property ModelLibrary library
    property string adapterId

    readonly property real smallest: 0.001
    readonly property real largest: 65536
    readonly property string problem: alpha.text === "" ? AppInfo.rangeText(smallest, largest, false)
                                                        : AppInfo.numberProblem(alpha.text, smallest, largest, false)

    function ask(id) {
        root.adapterId = id;
        alpha.text = "";
        root.open();
    }

    title: qsTr("Alpha of %1").arg(adapterId)
    maximumWidth: 460
    onOpened: alpha.forceActiveFocus()
    buttons: [
        AppButton {
            text: qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            objectName: "setAlpha"
            text: qsTr("Set alpha")
            kind: "primary"
            enabled: alpha.text !== "" && root.problem === ""
            onClicked: root.confirm()
        }
    ]

    function confirm() {
        root.library.setAlpha(root.adapterId,
                              AppInfo.typedNumber(alpha.text, root.smallest, root.largest, false));
        root.accept();
    }

    ColumnLayout {
        width: root.availableWidth
        spacing: Theme.s

        Body {
            Layout.fillWidth: true
            muted: true
            text: qsTr("A LoRA acts with alpha divided by its rank. Take the lora_alpha that it was trained with; its page or its training script names it. Without it the scale is 1.")
        }
        AppTextField {
            id: alpha

            Layout.fillWidth: true
            objectName: "alphaField"
            label: qsTr("Alpha")
            inputMethodHints: Qt.ImhFormattedNumbersOnly
            problem: text === "" ? "" : root.problem
            onAccepted: if (text !== "" && root.problem === "") root.confirm()
        }
        Body {
            Layout.fillWidth: true
            small: true
            muted: true
            text: root.problem
        }
    }
}
