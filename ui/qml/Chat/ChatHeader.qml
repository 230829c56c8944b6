// SPDX-License-Identifier: GPL-3.0-or-later
// Who answers: model or configuration, adapter; and the button of the options drawer.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    required property ChatSession session
    required property ChatTargets targets
    property bool isDrawerOpen: false
    property bool isListShown: true
    property var adapterList: []
    readonly property string chosenAdapter: session.options.adapter !== "" ? session.options.adapter
                                                                          : session.options.state

    signal drawerToggled
    signal listRequested

    function refresh() {
        root.adapterList = root.targets.adaptersFor(root.session.options.target);
        modelBox.currentIndex = root.targets.indexOf(root.session.options.target);
        adapterBox.currentIndex = root.adapterList.findIndex(
            entry => entry.id === root.chosenAdapter);
    }

    implicitHeight: Theme.controlHeight + 2 * Theme.s
    color: Theme.background
    Component.onCompleted: refresh()

    Connections {
        target: root.targets

        function onTargetsChanged() {
            root.refresh();
        }
    }
    Connections {
        target: root.session.options

        function onChanged() {
            root.refresh();
        }
    }
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Theme.m
        anchors.rightMargin: Theme.m
        spacing: Theme.xs

        IconButton {
            visible: !root.isListShown
            iconName: "list"
            label: qsTr("Conversations")
            onClicked: root.listRequested()
        }
        AppComboBox {
            id: modelBox

            Layout.preferredWidth: 260
            Layout.maximumWidth: 320
            Layout.fillWidth: true
            isQuiet: true
            iconName: "models"
            label: qsTr("Model or configuration")
            placeholder: root.targets.isKnown ? qsTr("No model") : qsTr("Waiting for the engine …")
            model: root.targets.targets
            textRole: "label"
            noteRole: "note"
            onActivated: index => root.session.chooseTarget(root.targets.targets[index].id)
        }
        AppComboBox {
            id: adapterBox

            Layout.preferredWidth: 210
            Layout.maximumWidth: 260
            Layout.fillWidth: true
            visible: root.adapterList.length > 1
            isQuiet: true
            iconName: "spark"
            label: qsTr("Adapter")
            placeholder: root.chosenAdapter
            model: root.adapterList
            textRole: "label"
            noteRole: "note"
            onActivated: index => root.session.chooseAdapter(root.adapterList[index].id)
        }
        Item {
            Layout.fillWidth: true
        }
        AppButton {
            visible: root.session.options.systemPrompt.trim() !== ""
            compact: true
            kind: "quiet"
            text: qsTr("System prompt")
            hint: root.session.options.systemPrompt
            onClicked: root.drawerToggled()
        }
        IconButton {
            iconName: "sliders"
            label: qsTr("Options of this chat")
            checked: root.isDrawerOpen
            onClicked: root.drawerToggled()
        }
    }
    Divider {
        anchors.bottom: parent.bottom
        width: parent.width
    }
}
